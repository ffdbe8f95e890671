"""The main process takes part in the meeting: it prepares, all meet, they work, all meet, it reads."""


def worker(task, parts, meeting, pause, rank):
    meeting.wait()
    pause(rank)
    parts[rank] = task.value * (rank + 1)
    meeting.wait()


def main(context, pause):
    task = context.RawValue("i", 0)
    parts = context.RawArray("i", 2)
    meeting = context.Barrier(3)
    team = [context.Process(target=worker, args=(task, parts, meeting, pause, rank)) for rank in range(2)]
    for member in team:
        member.start()
    task.value = 21
    meeting.wait()
    meeting.wait()
    total = parts[0] + parts[1]
    for member in team:
        member.join()
    return total
