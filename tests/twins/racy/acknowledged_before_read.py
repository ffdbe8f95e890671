"""A slot for one letter: the postman is told that it is empty before the letter has been taken out."""


def post(slot, empty, full, letters, pause):
    pause(0)
    for letter in letters:
        empty.acquire()
        slot.value = letter  # RACE unprotected-access early
        full.release()


def collect(slot, empty, full, count, sums, pause):
    pause(1)
    for _ in range(count):
        full.acquire()
        empty.release()
        sums.value += slot.value  # RACE unprotected-access early


def main(context, pause):
    slot, sums = context.RawValue("i", 0), context.Value("q", 0)
    empty, full = context.Semaphore(1), context.Semaphore(0)
    letters = [3, 1, 4, 1, 5]
    postman = context.Process(target=post, args=(slot, empty, full, letters, pause))
    owner = context.Process(target=collect, args=(slot, empty, full, len(letters), sums, pause))
    postman.start()
    owner.start()
    postman.join()
    owner.join()
    return sums.value
