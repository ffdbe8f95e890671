"""The timetable is written when the passengers wait already; they look at it when it has been announced."""


def passenger(timetable, announced, waits, pause, rank):
    pause(rank)
    announced.wait()
    waits[rank] = min(t for t in timetable if t >= 10 * rank) - 10 * rank


def main(context, pause):
    timetable = context.Array("i", 5)
    announced = context.Event()
    waits = context.RawArray("i", 3)
    group = [context.Process(target=passenger, args=(timetable, announced, waits, pause, r)) for r in range(3)]
    for one in group:
        one.start()
    for i in range(len(timetable)):
        timetable[i] = 7 * i + 3
    announced.set()
    for one in group:
        one.join()
    return sum(waits)
