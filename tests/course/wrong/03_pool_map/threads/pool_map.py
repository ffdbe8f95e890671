"""Wrong: a pool of threads, which take turns in Python."""

from multiprocessing import Pool
from multiprocessing.pool import ThreadPool


def map_in_parallel(function, items, workers):
    with ThreadPool(workers) as pool:
        results = pool.map(function, items)
        pool.close()
        pool.join()
    return results


def apply_each(function, items, workers):
    with Pool(workers) as pool:
        answers = [pool.apply_async(function, (item,)) for item in items]
        pool.close()
        results = [answer.get() for answer in answers]
        pool.join()
    return results
