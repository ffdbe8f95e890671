"""Everybody counts down before the part is written: the last one to count adds up what may not be there."""


class Team:
    def __init__(self, context, size):
        self.parts = context.Array("i", size)
        self.left = context.Value("i", size)
        self.total = context.Value("i", 0)

    def finish(self, rank):
        with self.left.get_lock():
            self.left.value -= 1
            last = self.left.value == 0
        self.parts[rank] = 10 * rank + 1  # RACE unserialisable late
        if last:
            self.total.value = sum(self.parts)  # RACE unserialisable late


def member(team, pause, rank):
    pause(rank)
    team.finish(rank)


def main(context, pause):
    team = Team(context, 3)
    members = [context.Process(target=member, args=(team, pause, rank)) for rank in range(3)]
    for one in members:
        one.start()
    for one in members:
        one.join()
    return team.total.value
