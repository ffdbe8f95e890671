"""Wrong: the answers of failed items are left out, and nobody hears why."""

from multiprocessing import Pool


def map_in_parallel(function, items, workers):
    with Pool(workers) as pool:
        results = pool.map(function, items)
        pool.close()
        pool.join()
    return results


def apply_each(function, items, workers):
    with Pool(workers) as pool:
        answers = [pool.apply_async(function, (item,)) for item in items]
        pool.close()
        pool.join()
    return [answer.get() for answer in answers if answer.successful()]
