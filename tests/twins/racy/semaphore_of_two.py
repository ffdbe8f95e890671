"""A semaphore that lets two in is used as if it let in one."""


class Turnstile:
    def __init__(self, context):
        self.gate = context.BoundedSemaphore(2)
        self.inside = context.Value("i", 0)

    def enter(self):
        with self.gate:
            self.inside.value += 1  # RACE lost-update


def visitor(turnstile, pause, rank):
    pause(rank)
    for _ in range(15):
        turnstile.enter()


def main(context, pause):
    turnstile = Turnstile(context)
    group = [context.Process(target=visitor, args=(turnstile, pause, rank)) for rank in range(2)]
    for one in group:
        one.start()
    for one in group:
        one.join()
    return turnstile.inside.value
