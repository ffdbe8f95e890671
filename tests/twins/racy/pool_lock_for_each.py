"""The initializer of a Pool makes the lock: one for every worker."""

import multiprocessing
import time


def init(shared_words, meeting, wait):
    global words, lock, pause
    words = shared_words
    lock = multiprocessing.Lock()
    pause = wait
    meeting.wait()


def count(rank, line):
    pause(rank)
    time.sleep(0.02)
    n = len(line.split())
    lock.acquire()
    try:
        words.value += n  # RACE inconsistent-lock
    finally:
        lock.release()


def main(context, pause):
    words = context.Value("i", 0, lock=False)
    lines = ["to be or not to be", "that is the question", "whether it is nobler"]
    with context.Pool(2, init, (words, context.Barrier(2), pause)) as pool:
        pool.starmap(count, enumerate(lines), chunksize=1)
        pool.close()
        pool.join()
    return words.value
