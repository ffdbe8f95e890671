"""A bucket of tokens: one process refills it and others take from it, each question and answer under the lock."""

import time


class Bucket:
    def __init__(self, context, capacity):
        self.capacity = capacity
        self.tokens = context.Value("i", capacity)

    def take(self):
        with self.tokens.get_lock():
            if self.tokens.value < 1:
                return False
            self.tokens.value -= 1
            return True

    def refill(self, count):
        with self.tokens.get_lock():
            self.tokens.value = min(self.capacity, self.tokens.value + count)


def requests(bucket, passed, pause, rank):
    pause(rank)
    for _ in range(6):
        passed[rank] += bucket.take()


def tap(bucket, pause, rank):
    pause(rank)
    for _ in range(3):
        bucket.refill(2)
        time.sleep(0.001)


def main(context, pause):
    bucket = Bucket(context, 5)
    passed = context.Array("i", 2)
    team = [context.Process(target=requests, args=(bucket, passed, pause, rank)) for rank in range(2)]
    team.append(context.Process(target=tap, args=(bucket, pause, 2)))
    for process in team:
        process.start()
    for process in team:
        process.join()
    return sum(passed)
