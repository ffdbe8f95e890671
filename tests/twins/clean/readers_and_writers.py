"""Many readers or one writer: the first reader locks the writers out, and the last one lets them in again."""


class Room:
    def __init__(self, context):
        self.empty = context.Lock()
        self.door = context.Lock()
        self.readers = context.RawValue("i", 0)

    def enter(self):
        with self.door:
            self.readers.value += 1
            if self.readers.value == 1:
                self.empty.acquire()

    def leave(self):
        with self.door:
            self.readers.value -= 1
            if self.readers.value == 0:
                self.empty.release()


def read(room, board, pause, rank):
    pause(rank)
    for _ in range(5):
        room.enter()
        assert board[0] == -board[1]
        room.leave()


def write(room, board, pause, rank):
    pause(rank)
    for n in range(5):
        with room.empty:
            board[0] = n
            board[1] = -n


def main(context, pause):
    room, board = Room(context), context.RawArray("i", 2)
    people = [context.Process(target=f, args=(room, board, pause, r)) for r, f in enumerate((read, write, read))]
    for person in people:
        person.start()
    for person in people:
        person.join()
    return list(board)
