"""A look without the lock saves taking it; what counts is the second look, under it."""


def take(stock, lock, pause, rank):
    pause(rank)
    taken = 0
    for _ in range(10):
        if stock.value > 0:
            with lock:
                if stock.value > 0:
                    stock.value -= 1
                    taken += 1
    return taken


def main(context, pause):
    stock = context.Value("i", 15)
    lock = context.Lock()
    buyers = [context.Process(target=take, args=(stock, lock, pause, rank)) for rank in range(2)]
    for buyer in buyers:
        buyer.start()
    for buyer in buyers:
        buyer.join()
    return stock.value
