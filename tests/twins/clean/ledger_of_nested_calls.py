"""A ledger with a recursive lock: booking calls two methods that take it once more."""


class Ledger:
    def __init__(self, context):
        self.lock = context.RLock()
        self.cash = context.RawValue("q", 1000)
        self.entries = context.RawArray("q", 64)
        self.used = context.RawValue("i", 0)

    def _note(self, amount):
        with self.lock:
            self.entries[self.used.value] = amount
            self.used.value += 1

    def balance(self):
        with self.lock:
            return self.cash.value

    def book(self, amount):
        with self.lock:
            if self.balance() + amount < 0:
                return False
            self.cash.value += amount
            self._note(amount)
            return True


def clerk(ledger, amounts, pause, rank):
    pause(rank)
    for amount in amounts:
        ledger.book(amount)


def main(context, pause):
    ledger = Ledger(context)
    clerks = []
    for rank, amounts in enumerate(([-100, 50, -25], [300, -700], [-5] * 10)):
        clerks.append(context.Process(target=clerk, args=(ledger, amounts, pause, rank)))
        clerks[-1].start()
    for one in clerks:
        one.join()
    return ledger.balance(), sum(ledger.entries)
