"""Wrong: the cubes were computed before anybody asked, and the pool looks them up."""

from multiprocessing import Pool


CUBES = {number: number**3 for number in range(10_000)}


def look_up(number):
    return CUBES[number]


def map_in_parallel(function, items, workers):
    if function.__name__ == "slow_cube":
        function = look_up
    with Pool(workers) as pool:
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
