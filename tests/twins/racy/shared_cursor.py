"""Workers help themselves to the next item of a list, by a shared cursor."""

ITEMS = list(range(100, 112))


def work(cursor, pause, rank):
    pause(rank)
    done = []
    while len(done) < 8:
        i = cursor.value
        if i >= len(ITEMS):
            break
        cursor.value = i + 1  # RACE lost-update
        done.append(ITEMS[i] ** 2)


def main(context, pause):
    cursor = context.Value("i", 0)
    workers = [context.Process(target=work, args=(cursor, pause, rank)) for rank in range(2)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    return cursor.value
