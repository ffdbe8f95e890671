"""Wrong: nobody closes the pool or waits for its workers."""

from multiprocessing import Pool


def map_in_parallel(function, items, workers):
    pool = Pool(workers)
    return pool.map(function, items)


def apply_each(function, items, workers):
    with Pool(workers) as pool:
        answers = [pool.apply_async(function, (item,)) for item in items]
        pool.close()
        results = [answer.get() for answer in answers]
        pool.join()
    return results
