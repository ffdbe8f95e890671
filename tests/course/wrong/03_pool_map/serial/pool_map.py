"""Wrong: right and in order, one after another."""

from multiprocessing import Pool


def map_in_parallel(function, items, workers):
    return [function(item) for item in items]


def apply_each(function, items, workers):
    with Pool(workers) as pool:
        answers = [pool.apply_async(function, (item,)) for item in items]
        pool.close()
        results = [answer.get() for answer in answers]
        pool.join()
    return results
