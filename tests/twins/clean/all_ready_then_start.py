"""The last one that is ready draws the lots for all, under the lock under which they are counted."""


def player(cards, ready, deck, lock, pause, rank):
    pause(rank)
    cards[rank] = 7 * rank + 1
    with lock:
        ready.value += 1
        if ready.value == len(cards):
            deck.value = max(cards[i] for i in range(len(cards)))


def main(context, pause):
    cards = context.RawArray("i", 3)
    ready, deck = context.RawValue("i", 0), context.RawValue("i", 0)
    lock = context.Lock()
    players = [context.Process(target=player, args=(cards, ready, deck, lock, pause, rank)) for rank in range(3)]
    for one in players:
        one.start()
    for one in players:
        one.join()
    return deck.value
