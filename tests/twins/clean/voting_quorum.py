"""Votes are given under a condition's lock, and the result is declared under it when all are in."""


def vote(changed, votes, choice, pause, rank):
    pause(rank)
    with changed:
        votes[choice] += 1
        changed.notify_all()


def main(context, pause):
    changed = context.Condition(context.Lock())
    votes = context.Array("i", 2, lock=False)
    choices = [1, 0, 1]
    voters = [context.Process(target=vote, args=(changed, votes, c, pause, r)) for r, c in enumerate(choices)]
    for voter in voters:
        voter.start()
    with changed:
        while votes[0] + votes[1] < len(choices):
            changed.wait()
        result = "yes" if votes[1] > votes[0] else "no"
    for voter in voters:
        voter.join()
    return result
