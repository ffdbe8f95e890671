"""All meet, and then write: the meeting is on the wrong side of the write."""

import multiprocessing

METHODS = ("fork",)


class Member(multiprocessing.get_context("fork").Process):
    def __init__(self, rank, votes, sums, barrier, pause):
        super().__init__()
        self.rank, self.votes, self.sums, self.barrier, self.pause = rank, votes, sums, barrier, pause

    def run(self):
        self.barrier.wait()
        self.pause(self.rank)
        self.votes[self.rank] = self.rank % 2  # RACE unserialisable vote
        self.pause(3 - self.rank)
        self.sums[self.rank] = sum(self.votes)  # RACE unserialisable vote


def main(context, pause):
    n = 3
    votes, sums = context.Array("i", [1] * n), context.Array("i", n)
    barrier = context.Barrier(n)
    members = [Member(rank, votes, sums, barrier, pause) for rank in range(n)]
    for member in members:
        member.start()
    for member in members:
        member.join()
    return set(sums)
