"""A withdrawal in three steps, by three cash machines."""


def withdraw(balance, amount, times, pause, rank):
    pause(rank)
    for _ in range(times):
        old = balance.value
        new = old - amount
        balance.value = new  # RACE lost-update


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
