"""Wrong: all items in one portion, so that one worker gets them all."""

from multiprocessing import Pool


def map_in_parallel(function, items, workers):
    items = list(items)
    with Pool(workers) as pool:
        results = pool.map(function, items, chunksize=max(1, len(items)))
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
