"""Wrong: a new pool for every item."""

from multiprocessing import Pool


def map_in_parallel(function, items, workers):
    results = []
    for item in items:
        with Pool(workers) as pool:
            results += pool.map(function, [item])
    return results


def apply_each(function, items, workers):
    with Pool(workers) as pool:
        answers = [pool.apply_async(function, (item,)) for item in items]
        pool.close()
        results = [answer.get() for answer in answers]
        pool.join()
    return results
