"""A worker says through a pipe that its part of the array is there."""


def fill(matrix, row, width, connection, pause):
    pause(row)
    for column in range(width):
        matrix[row * width + column] = row + column
    connection.send_bytes(b"done")
    connection.close()


def main(context, pause):
    width = 4
    matrix = context.Array("d", 2 * width, lock=False)
    ends = []
    processes = []
    for row in range(2):
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=fill, args=(matrix, row, width, sender, pause))
        process.start()
        sender.close()
        processes.append(process)
        ends.append(receiver)
    sums = []
    for row, receiver in enumerate(ends):
        receiver.recv_bytes()
        sums.append(sum(matrix[row * width : (row + 1) * width]))
        receiver.close()
    for process in processes:
        process.join()
    return sums
