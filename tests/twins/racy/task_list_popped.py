"""Is there something to do? Then the first thing is taken, if it is still there."""


def helper(tasks, pause, rank):
    pause(rank)
    done = 0
    while done < 8:
        if len(tasks) == 0:
            break
        try:
            tasks.pop(0)  # RACE unserialisable
        except IndexError:
            break
        done += 1


def main(context, pause):
    manager = context.Manager()
    try:
        tasks = manager.list([f"task {n}" for n in range(12)])
        helpers = [context.Process(target=helper, args=(tasks, pause, rank)) for rank in range(2)]
        for one in helpers:
            one.start()
        for one in helpers:
            one.join()
        return len(tasks)
    finally:
        manager.shutdown()
