"""A withdrawal in three steps, inside the Value's own lock."""


def withdraw(balance, amount, times, pause, rank):
    pause(rank)
    for _ in range(times):
        with balance.get_lock():
            old = balance.value
            new = old - amount
            balance.value = new


def main(context, pause):
    balance = context.Value("d", 1000.0)
    machines = []
    for rank, amount in enumerate((1.0, 2.5, 4.0)):
        machine = context.Process(target=withdraw, args=(balance, amount, 10, pause, rank))
        machine.start()
        machines.append(machine)
    for machine in machines:
        machine.join()
    return balance.value
