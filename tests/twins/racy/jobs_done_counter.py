"""Workers of a JoinableQueue count finished jobs themselves, without a lock."""

import time


def worker(jobs, done, pause, rank):
    pause(rank)
    for _ in range(4):
        number = jobs.get()
        time.sleep(0.001 * number)
        done.value += 1  # RACE lost-update
        jobs.task_done()


def main(context, pause):
    jobs = context.JoinableQueue()
    done = context.Value("i", 0)
    workers = [context.Process(target=worker, args=(jobs, done, pause, rank)) for rank in range(2)]
    for w in workers:
        w.start()
    for number in range(8):
        jobs.put(number)
    jobs.join()
    finished = done.value
    for w in workers:
        w.join()
    jobs.close()
    jobs.join_thread()
    return finished
