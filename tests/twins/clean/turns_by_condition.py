"""Whose turn it is stands under a condition's lock; who has the turn works outside of it, undisturbed."""


def player(changed, turn, words, me, rounds):
    for _ in range(rounds):
        with changed:
            changed.wait_for(lambda: turn.value == me)
        words[0] += 1
        words[1] = me
        with changed:
            turn.value = 1 - me
            changed.notify_all()


def main(context, pause):
    changed = context.Condition()
    turn = context.Value("i", 0)
    words = context.Array("i", 2)
    players = [context.Process(target=player, args=(changed, turn, words, me, 5)) for me in (0, 1)]
    for p in players:
        p.start()
    for p in players:
        p.join()
    return list(words)
