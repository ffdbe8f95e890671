"""A ticket machine that shows a number before it moves on: two can draw the same one."""


def draw(next_ticket, drawn, pause, rank):
    pause(rank)
    for i in range(6):
        mine = next_ticket.value
        next_ticket.value += 1  # RACE lost-update
        drawn[6 * rank + i] = mine


def main(context, pause):
    next_ticket = context.Value("i", 1)
    drawn = context.Array("i", 18)
    people = [context.Process(target=draw, args=(next_ticket, drawn, pause, rank)) for rank in range(3)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    return sorted(drawn)
