"""A decorator counts the calls of a function, in whatever process they are made."""

import functools

METHODS = ("fork",)
calls = None


def counted(function):
    @functools.wraps(function)
    def wrapper(*args):
        calls.value += 1  # RACE lost-update
        return function(*args)

    return wrapper


@counted
def collatz(n):
    return n // 2 if n % 2 == 0 else 3 * n + 1


def run(n, pause, rank):
    pause(rank)
    while n != 1:
        n = collatz(n)


def main(context, pause):
    global calls
    calls = context.Value("i", 0)
    runners = [context.Process(target=run, args=(n, pause, rank)) for rank, n in enumerate((6, 7, 9))]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join()
    return calls.value
