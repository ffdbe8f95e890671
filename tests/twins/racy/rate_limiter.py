"""So many requests may pass: whether one may is asked first, and it is counted, with a lock, afterwards."""


class Limiter:
    def __init__(self, context, limit):
        self.limit = limit
        self.used = context.Value("i", 0)

    def full(self):
        return self.used.value >= self.limit

    def admit(self):
        if self.used.value < self.limit:
            with self.used.get_lock():
                self.used.value += 1  # RACE unserialisable
            return True
        return False


def clicks(limiter, admitted, pause, rank):
    pause(rank)
    admitted[rank] = sum(limiter.admit() for _ in range(10))


def main(context, pause):
    limiter = Limiter(context, 15)
    admitted = context.Array("i", 2)
    users = [context.Process(target=clicks, args=(limiter, admitted, pause, rank)) for rank in range(2)]
    for user in users:
        user.start()
    for user in users:
        user.join()
    return limiter.full(), sum(admitted)
