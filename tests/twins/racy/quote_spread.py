"""Bid and ask of a share in a Namespace are changed one by one; the spread takes them as a pair."""

import time


def exchange(quote, pause):
    pause(0)
    for bid in (101.0, 99.5, 104.0):
        quote.bid = bid  # RACE unserialisable bid
        quote.ask = bid + 0.5  # RACE unserialisable ask


def broker(quote, spreads, pause):
    pause(1)
    for i in range(len(spreads)):
        spreads[i] = quote.ask - quote.bid  # RACE unserialisable bid, unserialisable ask
        time.sleep(0.0005)


def main(context, pause):
    spreads = context.Array("d", 4)
    with context.Manager() as manager:
        quote = manager.Namespace(bid=100.0, ask=100.5)
        floor = [
            context.Process(target=exchange, args=(quote, pause)),
            context.Process(target=broker, args=(quote, spreads, pause)),
        ]
        for trader in floor:
            trader.start()
        for trader in floor:
            trader.join()
    return max(spreads)
