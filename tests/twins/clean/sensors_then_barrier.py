"""Sensors write their readings and meet the station at a barrier; the station takes the mean, and they meet again."""


def sensor(readings, mean, meeting, pause, rank):
    pause(rank)
    readings[rank] = 18.0 + rank * 1.5
    meeting.wait()
    meeting.wait()
    readings[rank] -= mean.value


def main(context, pause):
    count = 3
    readings = context.Array("d", count, lock=False)
    mean = context.RawValue("d", 0.0)
    meeting = context.Barrier(count + 1)
    sensors = [context.Process(target=sensor, args=(readings, mean, meeting, pause, rank)) for rank in range(count)]
    for s in sensors:
        s.start()
    meeting.wait()
    mean.value = sum(readings) / count
    meeting.wait()
    for s in sensors:
        s.join()
    return [round(r, 2) for r in readings]
