"""Every worker makes a lock for itself, and keeps nobody out."""

import multiprocessing


def worker(visits, pause, rank):
    lock = multiprocessing.Lock()
    pause(rank)
    for _ in range(40):
        with lock:
            visits.value += 1  # RACE inconsistent-lock


def main(context, pause):
    visits = context.Value("i", 0)
    crew = []
    for rank in range(3):
        process = context.Process(target=worker, args=(visits, pause, rank), name=f"crew-{rank}")
        crew.append(process)
        process.start()
    for process in crew:
        process.join()
    return visits.value
