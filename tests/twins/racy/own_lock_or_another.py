"""One side takes the Value's own lock, the other a lock beside it."""


def morning(total, lock, pause):
    pause(0)
    for amount in range(12):
        with total.get_lock():
            total.value += amount  # RACE inconsistent-lock day


def evening(total, lock, pause):
    pause(1)
    for amount in range(12):
        with lock:
            total.value += 2 * amount  # RACE inconsistent-lock day


def main(context, pause):
    total, lock = context.Value("i", 0), context.Lock()
    shifts = [context.Process(target=shift, args=(total, lock, pause)) for shift in (morning, evening)]
    for shift in shifts:
        shift.start()
    for shift in shifts:
        shift.join()
    return total.value
