"""A transfer holds the locks of both accounts, always in the order of their names."""


def transfer(accounts, source, target, amount):
    first, second = sorted((source, target))
    with accounts[first].get_lock(), accounts[second].get_lock():
        accounts[source].value -= amount
        accounts[target].value += amount


def clerk(accounts, source, target, amounts, pause, rank):
    pause(rank)
    for amount in amounts:
        transfer(accounts, source, target, amount)


def main(context, pause):
    accounts = {name: context.Value("i", 100) for name in ("anna", "bert")}
    monday = context.Process(target=clerk, args=(accounts, "anna", "bert", [5, 20, 1], pause, 0))
    tuesday = context.Process(target=clerk, args=(accounts, "bert", "anna", [10, 3], pause, 1))
    monday.start()
    tuesday.start()
    monday.join()
    tuesday.join()
    return sum(account.value for account in accounts.values())
