"""The bounded buffer of the textbooks: one condition, a count, two indices."""


class Buffer:
    def __init__(self, context, size):
        self.size = size
        self.items = context.RawArray("i", size)
        self.state = context.RawArray("i", 3)  # count, head, tail
        self.changed = context.Condition()

    def put(self, item):
        with self.changed:
            while self.state[0] == self.size:
                self.changed.wait()
            self.items[self.state[2]] = item
            self.state[2] = (self.state[2] + 1) % self.size
            self.state[0] += 1
            self.changed.notify_all()

    def get(self):
        with self.changed:
            while self.state[0] == 0:
                self.changed.wait()
            item = self.items[self.state[1]]
            self.state[1] = (self.state[1] + 1) % self.size
            self.state[0] -= 1
            self.changed.notify_all()
            return item


def produce(buffer, pause, rank):
    for n in range(8):
        buffer.put(10 * rank + n)


def consume(buffer, pause, rank):
    pause(rank)
    for _ in range(8):
        buffer.get()


def main(context, pause):
    buffer = Buffer(context, 3)
    roles = [produce, produce, consume, consume]
    processes = [context.Process(target=f, args=(buffer, pause, r % 2)) for r, f in enumerate(roles)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return buffer.state[0]
