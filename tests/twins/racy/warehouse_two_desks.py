"""Goods come in at one desk and go out at another, and each desk has its own lock for the same pallets."""


class Warehouse:
    def __init__(self, context):
        self.pallets = context.Value("i", 40)
        self.arrivals = context.Lock()
        self.departures = context.Lock()

    def receive(self, count):
        with self.arrivals:
            self.pallets.value += count  # RACE inconsistent-lock pallets

    def ship(self, count):
        with self.departures:
            self.pallets.value -= count  # RACE inconsistent-lock pallets


def morning_lorries(warehouse, pause):
    pause(0)
    for load in [4, 2, 8, 6]:
        warehouse.receive(load)


def customers(warehouse, pause):
    pause(1)
    for order in [1, 1, 3, 2, 5]:
        warehouse.ship(order)


def main(context, pause):
    warehouse = Warehouse(context)
    desks = [context.Process(target=desk, args=(warehouse, pause)) for desk in (morning_lorries, customers)]
    for desk in desks:
        desk.start()
    for desk in desks:
        desk.join()
    return warehouse.pallets.value
