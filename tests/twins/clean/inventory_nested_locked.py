"""A dict in a Manager's dict is fetched, changed and put back, all under one Manager's lock."""


def sell(inventory, lock, orders, pause, rank):
    pause(rank)
    for name, pieces in orders:
        with lock:
            item = inventory[name]
            item["left"] -= pieces
            item["sold"] += pieces
            inventory[name] = item


def main(context, pause):
    with context.Manager() as manager:
        inventory = manager.dict({name: {"left": 50, "sold": 0} for name in ("nail", "screw", "bolt")})
        lock = manager.Lock()
        tills = [
            context.Process(target=sell, args=(inventory, lock, [("nail", 3), ("bolt", 1)], pause, 0)),
            context.Process(target=sell, args=(inventory, lock, [("screw", 9), ("nail", 7)], pause, 1)),
        ]
        for till in tills:
            till.start()
        for till in tills:
            till.join()
        return inventory["nail"]
