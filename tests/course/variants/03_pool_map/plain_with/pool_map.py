"""Honest: leaves it to the with block to end the pool; starmap and callbacks."""

import multiprocessing


def map_in_parallel(function, items, workers):
    with multiprocessing.Pool(processes=workers) as pool:
        return pool.map(function, items)


def apply_each(function, items, workers):
    with multiprocessing.Pool(processes=workers) as pool:
        answers = []
        for item in items:
            answers.append(pool.apply_async(function, args=(item,)))
        return list(map(wait_for, answers))


def wait_for(answer):
    return answer.get()
