"""The board is wiped and written anew while its reader, told of the text before, may still be reading."""


def reader(board, connection):
    seen = []
    while connection.recv() == "look":
        seen.append("".join(board[:]))  # RACE unserialisable board
    connection.send(seen)


def main(context, pause):
    here, there = context.Pipe()
    board = context.Array("u", "....")
    process = context.Process(target=reader, args=(board, there))
    process.start()
    for text in ("good", "news", "from"):
        board[:] = text  # RACE unserialisable board
        here.send("look")
        pause(1)
    here.send("stop")
    seen = here.recv()
    process.join()
    here.close()
    there.close()
    return seen
