"""The result is there when the lock that was taken before the start can be taken once more."""


def square_all(numbers, done, pause):
    pause(0)
    for i in range(len(numbers)):
        numbers[i] = numbers[i] ** 2
    done.release()


def main(context, pause):
    numbers = context.RawArray("i", range(6))
    done = context.Lock()
    done.acquire()
    worker = context.Process(target=square_all, args=(numbers, done, pause))
    worker.start()
    done.acquire()
    total = sum(numbers)
    worker.join()
    return total
