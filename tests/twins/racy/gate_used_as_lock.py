"""The gate is opened by a worker, and taken as a lock from then on: what is done outside of it is not protected."""


def work(gate, opens, inside, outside, pause, rank):
    pause(rank)
    if rank == 0:
        opens.wait()
        gate.release()
    for _ in range(8):
        with gate:
            inside.value += 1
        outside.value += 1  # RACE lost-update


def main(context, pause):
    gate, opens = context.Lock(), context.Event()
    inside, outside = context.RawValue("i", 0), context.Value("i", 0)
    gate.acquire()
    workers = [context.Process(target=work, args=(gate, opens, inside, outside, pause, rank)) for rank in range(2)]
    for worker in workers:
        worker.start()
    opens.set()
    for worker in workers:
        worker.join()
    return inside.value, outside.value
