"""Who comes first switches the light on and who leaves last switches it off, both under the lock of the count."""


class Room:
    def __init__(self, context):
        self.people = context.Value("i", 0)
        self.light = context.RawValue("i", 0)
        self.switched = context.RawValue("i", 0)

    def enter(self):
        with self.people.get_lock():
            self.people.value += 1
            if self.people.value == 1:
                self.light.value = 1
                self.switched.value += 1

    def leave(self):
        with self.people.get_lock():
            self.people.value -= 1
            if self.people.value == 0:
                self.light.value = 0


def visit(room, pause, rank):
    pause(rank)
    for _ in range(5):
        room.enter()
        room.leave()


def main(context, pause):
    room = Room(context)
    visitors = [context.Process(target=visit, args=(room, pause, rank)) for rank in range(3)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    return room.switched.value
