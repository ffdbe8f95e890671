"""Three lorries may be on the bridge at a time; what they weigh together is added up by all of them at once."""


def drive(bridge, weight, tons, pause, rank):
    pause(rank)
    for _ in range(6):
        bridge.acquire()
        weight.value += tons  # RACE lost-update
        bridge.release()


def main(context, pause):
    bridge, weight = context.BoundedSemaphore(3), context.Value("i", 0)
    lorries = [context.Process(target=drive, args=(bridge, weight, 7 + rank, pause, rank)) for rank in range(2)]
    for lorry in lorries:
        lorry.start()
    for lorry in lorries:
        lorry.join()
    return weight.value
