"""The main process shows how far the workers are, as long as one is alive."""

import time


def work(done, pause, rank):
    pause(rank)
    for _ in range(10):
        time.sleep(0.001)
        with done.get_lock():
            done.value += 1


def main(context, pause):
    done = context.Value("i", 0)
    workers = [context.Process(target=work, args=(done, pause, rank)) for rank in range(2)]
    for w in workers:
        w.start()
    while any(w.is_alive() for w in workers):
        print(f"\r{done.value:3} of 20", end="")
        time.sleep(0.003)
    for w in workers:
        w.join()
    print("\r", done.value)
