"""A semaphore lets in as many guests as there are tables; which table is free is looked up under a lock."""


class Restaurant:
    def __init__(self, context, tables):
        self.permits = context.BoundedSemaphore(tables)
        self.lock = context.Lock()
        self.taken = context.RawArray("b", tables)
        self.bills = context.RawArray("i", tables)

    def sit_down(self):
        self.permits.acquire()
        with self.lock:
            table = list(self.taken).index(0)
            self.taken[table] = 1
        return table

    def stand_up(self, table):
        with self.lock:
            self.taken[table] = 0
        self.permits.release()


def guest(restaurant, price, pause, rank):
    pause(rank)
    for _ in range(3):
        table = restaurant.sit_down()
        restaurant.bills[table] += price
        restaurant.stand_up(table)


def main(context, pause):
    restaurant = Restaurant(context, 2)
    guests = [context.Process(target=guest, args=(restaurant, 10 + rank, pause, rank)) for rank in range(3)]
    for g in guests:
        g.start()
    for g in guests:
        g.join()
    return sum(restaurant.bills)
