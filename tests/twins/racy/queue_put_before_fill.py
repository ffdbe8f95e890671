"""The number of a job is put into the queue first, and what belongs to the job is written down after."""


def consumer(jobs, sizes, costs, pause):
    pause(1)
    while (job := jobs.get()) is not None:
        costs[job] = 2.5 * sizes[job]  # RACE unserialisable size


def main(context, pause):
    sizes = context.Array("i", 5)
    costs = context.Array("d", 5)
    jobs = context.Queue()
    process = context.Process(target=consumer, args=(jobs, sizes, costs, pause))
    process.start()
    pause(0)
    for job in range(5):
        jobs.put(job)
        sizes[job] = 10 * (job + 1)  # RACE unserialisable size
    jobs.put(None)
    process.join()
    jobs.close()
    jobs.join_thread()
    return costs[:]
