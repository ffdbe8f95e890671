"""The withdrawal is locked; whether there is enough was asked before, without the lock."""


def withdraw(balance, lock, pause, rank):
    pause(rank)
    for _ in range(8):
        if balance.value >= 10:
            with lock:
                balance.value -= 10  # RACE unserialisable


def main(context, pause):
    balance = context.Value("i", 100)
    lock = context.Lock()
    customers = [context.Process(target=withdraw, args=(balance, lock, pause, rank)) for rank in range(2)]
    for customer in customers:
        customer.start()
    for customer in customers:
        customer.join()
    return balance.value
