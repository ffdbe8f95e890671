"""The price is checked, and looked up again to pay it; it can change in between."""

import time


def market(price, pause):
    pause(0)
    for new in (12, 55, 120, 31, 150, 20):
        price.value = new  # RACE unserialisable price
        time.sleep(0.001)


def trader(price, pause):
    pause(1)
    paid = []
    for _ in range(10):
        if price.value < 100:
            paid.append(price.value)  # RACE unserialisable price
        time.sleep(0.0005)


def main(context, pause):
    price = context.Value("i", 10)
    both = [context.Process(target=f, args=(price, pause)) for f in (market, trader)]
    for p in both:
        p.start()
    for p in both:
        p.join()
    return price.value
