"""Two runners hand over a baton by two locks; the coach looks at the distance without waiting for either."""


class Relay:
    def __init__(self, context):
        self.distance = context.RawValue("i", 0)
        self.turns = [context.Lock(), context.Lock()]
        for turn in self.turns:
            turn.acquire()

    def run(self, rank, metres):
        self.turns[rank].acquire()
        self.distance.value += metres  # RACE unprotected-access seen
        self.turns[1 - rank].release()


def runner(relay, pause, rank):
    pause(rank)
    for _ in range(4):
        relay.run(rank, 100 + rank)


def coach(relay, notes, pause):
    pause(2)
    notes.value = relay.distance.value  # RACE unprotected-access seen


def main(context, pause):
    relay, notes = Relay(context), context.Value("i", 0)
    people = [context.Process(target=runner, args=(relay, pause, rank)) for rank in range(2)]
    people.append(context.Process(target=coach, args=(relay, notes, pause)))
    for person in people:
        person.start()
    relay.turns[0].release()
    for person in people:
        person.join()
    return notes.value
