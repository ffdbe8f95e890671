"""A letter box with room for one: two postmen wait until it is empty, and one owner until it is full."""


class Box:
    def __init__(self, context):
        self.letter = context.RawValue("i", 0)
        self.empty = context.BoundedSemaphore(1)
        self.full = context.Semaphore(0)

    def put(self, letter):
        self.empty.acquire()
        self.letter.value = letter
        self.full.release()

    def take(self):
        self.full.acquire()
        letter = self.letter.value
        self.empty.release()
        return letter


def post(box, letters, pause, rank):
    pause(rank)
    for letter in letters:
        box.put(letter)


def collect(box, count, total):
    for _ in range(count):
        total.value += box.take()


def main(context, pause):
    box, total = Box(context), context.Value("i", 0)
    postmen = [context.Process(target=post, args=(box, range(5 * r, 5 * r + 5), pause, r)) for r in range(2)]
    owner = context.Process(target=collect, args=(box, 10, total))
    for person in (owner, *postmen):
        person.start()
    for person in (owner, *postmen):
        person.join()
    return total.value
