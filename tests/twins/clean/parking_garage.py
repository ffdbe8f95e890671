"""A car waits at the barrier until there is room; whoever leaves says so. All of it is under the condition."""


class Garage:
    def __init__(self, context, places):
        self.changed = context.Condition()
        self.free = context.Value("i", places)

    def __enter__(self):
        with self.changed:
            while self.free.value == 0:
                self.changed.wait()
            self.free.value -= 1
        return self

    def __exit__(self, *_):
        with self.changed:
            self.free.value += 1
            self.changed.notify()


def car(garage, visits, pause, rank):
    pause(rank)
    for _ in range(4):
        with garage:
            visits[rank] += 1


def main(context, pause):
    garage = Garage(context, 1)
    visits = context.Array("i", 3)
    cars = [context.Process(target=car, args=(garage, visits, pause, rank)) for rank in range(3)]
    for c in cars:
        c.start()
    for c in cars:
        c.join()
    return visits[:], garage.free.value
