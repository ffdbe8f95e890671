"""An account whose methods lock, one of them through another."""


class Account:
    def __init__(self, context, balance):
        self._lock = context.RLock()
        self._balance = context.Value("i", balance, lock=False)

    @property
    def balance(self):
        with self._lock:
            return self._balance.value

    def deposit(self, amount):
        with self._lock:
            self._balance.value += amount

    def withdraw(self, amount):
        with self._lock:
            if self.balance >= amount:
                self.deposit(-amount)
                return True
        return False


def payer(account, pause):
    pause(0)
    for _ in range(20):
        account.deposit(5)


def shop(account, pause):
    pause(1)
    for price in (12, 30, 7, 80):
        account.withdraw(price)


def main(context, pause):
    account = Account(context, 100)
    people = [context.Process(target=role, args=(account, pause)) for role in (payer, shop)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    return account.balance
