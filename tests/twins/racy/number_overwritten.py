"""One calls out numbers and a semaphore counts them; nobody waits until the last one has been written down."""


def caller(number, called, pause):
    pause(0)
    for n in range(1, 7):
        number.value = n * n  # RACE unserialisable number
        called.release()


def writer(number, called, card, pause):
    pause(1)
    for i in range(len(card)):
        called.acquire()
        card[i] = number.value  # RACE unserialisable number


def main(context, pause):
    number = context.Value("i", 0)
    called = context.Semaphore(0)
    card = context.Array("i", 6)
    hall = [
        context.Process(target=caller, args=(number, called, pause)),
        context.Process(target=writer, args=(number, called, card, pause)),
    ]
    [seat.start() for seat in hall]
    [seat.join() for seat in hall]
    return card[:]
