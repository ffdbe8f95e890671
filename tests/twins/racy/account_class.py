"""An account whose methods forget that it is shared."""


class Account:
    def __init__(self, context, balance):
        self._balance = context.Value("i", balance)

    @property
    def balance(self):
        return self._balance.value

    def deposit(self, amount):
        self._balance.value += amount  # RACE lost-update a, lost-update

    def withdraw(self, amount):
        self._balance.value -= amount  # RACE lost-update a


def payer(account, pause):
    pause(0)
    for _ in range(20):
        account.deposit(5)


def employer(account, pause):
    pause(1)
    for _ in range(5):
        account.deposit(100)


def shop(account, pause):
    pause(2)
    for price in (12, 30, 7, 80):
        account.withdraw(price)


def main(context, pause):
    account = Account(context, 100)
    people = [context.Process(target=role, args=(account, pause)) for role in (payer, employer, shop)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    return account.balance
