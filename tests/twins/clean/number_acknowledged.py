"""One calls out numbers, another writes them down, and the next is called when the last one is written."""


class Call:
    def __init__(self, context):
        self.number = context.RawValue("i", 0)
        self.called = context.Semaphore(0)
        self.written = context.Semaphore(1)

    def say(self, number):
        self.written.acquire()
        self.number.value = number
        self.called.release()

    def hear(self):
        self.called.acquire()
        number = self.number.value
        self.written.release()
        return number


def caller(call, numbers, pause):
    pause(0)
    for number in numbers:
        call.say(number)


def writer(call, card, pause):
    pause(1)
    for i in range(len(card)):
        card[i] = call.hear()


def main(context, pause):
    call = Call(context)
    card = context.Array("i", 4)
    hall = [
        context.Process(target=caller, args=(call, [4, 16, 9, 25], pause)),
        context.Process(target=writer, args=(call, card, pause)),
    ]
    for seat in hall:
        seat.start()
    for seat in hall:
        seat.join()
    return card[:]
