"""Each worker sums its share alone, and adds the sum once, under the lock of the total."""


def partial_sum(total, numbers, pause, rank):
    pause(rank)
    local = 0.0
    for number in numbers:
        local += number * number
    with total.get_lock():
        total.value += local


def main(context, pause):
    total = context.Value("d", 0.0)
    data = [x / 10 for x in range(60)]
    processes = [context.Process(target=partial_sum, args=(total, data[r::3], pause, r)) for r in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return total.value
