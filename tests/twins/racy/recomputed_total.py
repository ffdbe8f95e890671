"""Every access to the total is locked; that it is nothing for a while can be seen all the same."""

import time


def bookkeeper(lock, total, pause):
    pause(0)
    for day in range(1, 5):
        with lock:
            total.value = 0
        entries = [day * n for n in range(10)]
        time.sleep(0.0005)
        with lock:
            total.value = sum(entries)  # RACE unserialisable total


def auditor(lock, total, reports, pause):
    pause(1)
    for i in range(len(reports)):
        with lock:
            reports[i] = total.value  # RACE unserialisable total
        time.sleep(0.0005)


def main(context, pause):
    lock = context.Lock()
    total = context.Value("i", 45)
    reports = context.Array("i", 5)
    office = [
        context.Process(name="bookkeeper", target=bookkeeper, args=(lock, total, pause)),
        context.Process(name="auditor", target=auditor, args=(lock, total, reports, pause)),
    ]
    for person in office:
        person.start()
    for person in office:
        person.join()
    return min(reports)
