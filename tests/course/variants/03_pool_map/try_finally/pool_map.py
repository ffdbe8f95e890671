"""Honest: imap and a finally clause in place of a with block."""

from multiprocessing import Pool, get_context


def map_in_parallel(function, items, workers):
    pool = Pool(workers)
    try:
        return list(pool.imap(function, items, chunksize=2))
    finally:
        pool.close()
        pool.join()


def apply_each(function, items, workers):
    pool = get_context().Pool(workers)
    try:
        answers = {place: pool.apply_async(function, (item,)) for place, item in enumerate(items)}
        return [answers[place].get(timeout=60) for place in range(len(answers))]
    finally:
        pool.terminate()
        pool.join()
