"""Two processes change one cell in turn; a message says whose turn it is."""


def player(connection, ball, rounds):
    for _ in range(rounds):
        connection.recv()
        ball.value += 1
        connection.send("yours")


def main(context, pause):
    ball = context.RawValue("i", 0)
    here, there = context.Pipe()
    other = context.Process(target=player, args=(there, ball, 10))
    other.start()
    for _ in range(10):
        ball.value *= 2
        here.send("yours")
        here.recv()
    other.join()
    here.close()
    there.close()
    return ball.value
