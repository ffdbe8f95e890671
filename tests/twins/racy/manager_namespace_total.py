"""Sales are added up in a Manager's Namespace."""


def sell(shop, prices, pause, rank):
    pause(rank)
    for price in prices:
        shop.total += price  # RACE lost-update


def main(context, pause):
    manager = context.Manager()
    try:
        shop = manager.Namespace(total=0)
        tills = [context.Process(target=sell, args=(shop, range(1, 6), pause, rank)) for rank in range(2)]
        for till in tills:
            till.start()
        for till in tills:
            till.join()
        return shop.total
    finally:
        manager.shutdown()
