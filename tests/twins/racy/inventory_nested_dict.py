"""A dict in a Manager's dict comes as a copy: it is changed here, and put back over whatever is there by then."""


def sell(inventory, orders, pause, rank):
    pause(rank)
    for name, pieces in orders:
        item = inventory[name]
        item["left"] -= pieces
        item["sold"] += pieces
        inventory[name] = item  # RACE lost-update


def main(context, pause):
    with context.Manager() as manager:
        inventory = manager.dict({name: {"left": 50, "sold": 0} for name in ("nail", "screw", "bolt")})
        tills = [
            context.Process(target=sell, args=(inventory, [("nail", 3), ("bolt", 1)], pause, 0)),
            context.Process(target=sell, args=(inventory, [("screw", 9), ("nail", 7)], pause, 1)),
        ]
        for till in tills:
            till.start()
        for till in tills:
            till.join()
        return inventory.copy()
