"""Money goes to and fro between two accounts."""


def transfer(source, target, amount):
    source.value -= amount  # RACE lost-update account
    target.value += amount  # RACE lost-update account


def clerk(accounts, source, target, amounts, pause, rank):
    pause(rank)
    for amount in amounts:
        transfer(accounts[source], accounts[target], amount)


def main(context, pause):
    accounts = {name: context.Value("i", 100) for name in ("anna", "bert")}
    monday = context.Process(target=clerk, args=(accounts, "anna", "bert", [5, 20, 1], pause, 0))
    tuesday = context.Process(target=clerk, args=(accounts, "bert", "anna", [10, 3], pause, 1))
    monday.start()
    tuesday.start()
    monday.join()
    tuesday.join()
    return sum(account.value for account in accounts.values())
