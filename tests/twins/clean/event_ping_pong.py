"""Two events, one for each direction, let two processes take turns."""


def pong(ping, pong, cell, rounds):
    for _ in range(rounds):
        ping.wait()
        ping.clear()
        cell[0] += cell[1]
        pong.set()


def main(context, pause):
    ping_event, pong_event = context.Event(), context.Event()
    cell = context.Array("i", [0, 1])
    other = context.Process(target=pong, args=(ping_event, pong_event, cell, 6))
    other.start()
    for step in range(6):
        cell[1] = step
        cell[0] -= 1
        ping_event.set()
        pong_event.wait()
        pong_event.clear()
    other.join()
    return cell[0]
