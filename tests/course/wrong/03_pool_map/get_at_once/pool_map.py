"""Wrong: each answer is waited for before the next item is handed over."""

from multiprocessing import Pool


def map_in_parallel(function, items, workers):
    with Pool(workers) as pool:
        results = pool.map(function, items)
        pool.close()
        pool.join()
    return results


def apply_each(function, items, workers):
    results = []
    with Pool(workers) as pool:
        for item in items:
            results.append(pool.apply_async(function, (item,)).get())
        pool.close()
        pool.join()
    return results
