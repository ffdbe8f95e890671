"""Read and written in one acquire, try, finally."""


def add(lock, stock, delivery, pause, rank):
    pause(rank)
    for amount in delivery:
        lock.acquire()
        try:
            old = stock[0]
            stock[0] = old + amount
        finally:
            lock.release()


def main(context, pause):
    lock = context.Lock()
    stock = context.Array("i", [100, 0])
    lorries = [
        context.Process(target=add, args=(lock, stock, [5, 10, 15], pause, 0)),
        context.Process(target=add, args=(lock, stock, [1, 2, 3, 4], pause, 1)),
    ]
    for lorry in lorries:
        lorry.start()
    for lorry in lorries:
        lorry.join()
    return list(stock)
