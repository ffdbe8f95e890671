"""A seat is booked under the condition's lock; it is given back when that has been let go."""


def book(boarding, seats):
    with boarding:
        seats.value -= 1  # RACE lost-update seat


def cancel(boarding, seats):
    with boarding:
        boarding.notify()
    seats.value += 1  # RACE lost-update seat, lost-update


def agent(boarding, seats, requests, pause, rank):
    pause(rank)
    for number in range(requests):
        book(boarding, seats)
        if number % 3 == 1:
            cancel(boarding, seats)


def main(context, pause):
    boarding = context.Condition()
    seats = context.Value("h", 120)
    agents = [context.Process(target=agent, args=(boarding, seats, 8, pause, rank)) for rank in range(2)]
    for one in agents:
        one.start()
    for one in agents:
        one.join()
    return seats.value
