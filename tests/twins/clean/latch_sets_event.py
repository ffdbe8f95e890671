"""Whoever counts the latch down to zero sets an event, and main waits for it and not for the processes."""


class Latch:
    def __init__(self, context, count):
        self.count = context.Value("i", count)
        self.open = context.Event()

    def count_down(self):
        with self.count.get_lock():
            self.count.value -= 1
            if self.count.value == 0:
                self.open.set()


def survey(heights, latch, pause, rank):
    pause(rank)
    heights[rank] = 150 + 7 * rank
    latch.count_down()


def main(context, pause):
    heights = context.Array("i", 4)
    latch = Latch(context, 4)
    people = [context.Process(target=survey, args=(heights, latch, pause, rank)) for rank in range(4)]
    for one in people:
        one.start()
    latch.open.wait()
    tallest = max(heights[i] for i in range(4))
    for one in people:
        one.join()
    return tallest
