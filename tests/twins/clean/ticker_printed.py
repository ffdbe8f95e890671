"""A screen prints the latest price of a share; nobody decides anything by it."""

import time


def trade(price, orders, pause):
    pause(0)
    for order in orders:
        price.value += order
        time.sleep(0.001)


def screen(price, pause):
    pause(1)
    for _ in range(4):
        print(f"now at {price.value:.2f}")
        time.sleep(0.0015)


def main(context, pause):
    price = context.Value("d", 250.0)
    trader = context.Process(target=trade, args=(price, [0.5, -1.25, 2.0, 0.25, -0.5], pause))
    display = context.Process(target=screen, args=(price, pause))
    trader.start()
    display.start()
    trader.join()
    display.join()
    print("closed at", price.value)
