"""No lock, and none is needed: each worker is joined before the next one starts."""


def add(total, amount):
    for _ in range(10):
        total.value += amount


def main(context, pause):
    total = context.RawValue("i", 0)
    for amount in range(3):
        process = context.Process(target=add, args=(total, amount))
        process.start()
        process.join()
        total.value += 1
    return total.value
