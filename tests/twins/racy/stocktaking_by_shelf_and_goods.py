"""One clerk locks by shelf, the other by goods; both change the same numbers."""


class Store:
    def __init__(self, context):
        self.stock = context.Array("i", [5, 5, 5, 5], lock=False)
        self.by_shelf, self.by_goods = context.Lock(), context.Lock()

    def deliver(self, item):
        with self.by_shelf:
            self.stock[item] += 3  # RACE inconsistent-lock stock

    def sell(self, item):
        with self.by_goods:
            self.stock[item] -= 1  # RACE inconsistent-lock stock


def delivery(store, pause):
    pause(0)
    for item in (0, 1, 2, 3, 0):
        store.deliver(item)


def till(store, pause):
    pause(1)
    for item in (3, 3, 1, 0):
        store.sell(item)


def main(context, pause):
    store = Store(context)
    clerks = [context.Process(target=work, args=(store, pause)) for work in (delivery, till)]
    for clerk in clerks:
        clerk.start()
    for clerk in clerks:
        clerk.join()
    return list(store.stock)
