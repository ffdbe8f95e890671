"""One method takes the lock, another gives it back; the work is between the two calls."""


class Transaction:
    def __init__(self, lock, balance):
        self.lock, self.balance = lock, balance

    def begin(self):
        self.lock.acquire()
        self.seen = self.balance.value

    def commit(self, amount):
        self.balance.value = self.seen + amount
        self.lock.release()


def teller(lock, balance, pause, rank):
    pause(rank)
    transaction = Transaction(lock, balance)
    for amount in (50, -20, 5):
        transaction.begin()
        transaction.commit(amount * (rank + 1))


def main(context, pause):
    lock, balance = context.Lock(), context.Value("i", 0)
    tellers = [context.Process(target=teller, args=(lock, balance, pause, rank)) for rank in range(2)]
    for t in tellers:
        t.start()
    for t in tellers:
        t.join()
    return balance.value
