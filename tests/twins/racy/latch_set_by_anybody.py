"""Everybody who counts the latch down sets the event, not only the last one."""


def survey(heights, count, opened, pause, rank):
    pause(rank)
    heights[rank] = 150 + 7 * rank  # RACE unserialisable early
    with count.get_lock():
        count.value -= 1
        if count.value >= 0:
            opened.set()


def main(context, pause):
    heights = context.Array("i", 4)
    count, opened = context.Value("i", 4), context.Event()
    people = [context.Process(target=survey, args=(heights, count, opened, pause, rank)) for rank in range(4)]
    for one in people:
        one.start()
    opened.wait()
    total = sum(heights)  # RACE unserialisable early
    for one in people:
        one.join()
    return total
