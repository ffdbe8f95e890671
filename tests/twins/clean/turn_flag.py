"""Two processes alternate by a flag that says whose turn it is."""

import time


def player(turn, score, me, rounds):
    for _ in range(rounds):
        while turn.value != me:
            time.sleep(0.0002)
        score.value += 1
        turn.value = 1 - me


def main(context, pause):
    turn = context.Value("i", 0)
    score = context.Value("i", 0)
    players = [context.Process(target=player, args=(turn, score, me, 10)) for me in (0, 1)]
    for p in players:
        p.start()
    for p in players:
        p.join()
    return score.value
