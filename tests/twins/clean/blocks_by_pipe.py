"""Blocks of an array go to a worker and come back: who has the block's number from the pipe may touch the block."""

BLOCK = 4


def worker(blocks, end, pause):
    pause(1)
    while True:
        number = end.recv()
        if number < 0:
            break
        for i in range(number * BLOCK, (number + 1) * BLOCK):
            blocks[i] = blocks[i] * 3 + 1
        end.send(number)
    end.close()


def main(context, pause):
    blocks = context.RawArray("i", 3 * BLOCK)
    mine, other = context.Pipe()
    process = context.Process(target=worker, args=(blocks, other, pause))
    process.start()
    other.close()
    sums = []
    for number in range(3):
        for i in range(BLOCK):
            blocks[number * BLOCK + i] = number + i
        mine.send(number)
    for _ in range(3):
        number = mine.recv()
        sums.append(sum(blocks[number * BLOCK : (number + 1) * BLOCK]))
    mine.send(-1)
    process.join()
    mine.close()
    return sums
