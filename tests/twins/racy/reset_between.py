"""Requests are counted properly; the reporter reads the count and sets it back in two steps."""

import time


def serve(requests, pause):
    pause(0)
    for _ in range(40):
        with requests.get_lock():
            requests.value += 1  # RACE lost-update reset


def report(requests, pause):
    pause(1)
    seen = 0
    for _ in range(5):
        seen += requests.value
        requests.value = 0  # RACE lost-update reset
        time.sleep(0.001)


def main(context, pause):
    requests = context.Value("i", 0)
    server = context.Process(target=serve, args=(requests, pause))
    reporter = context.Process(target=report, args=(requests, pause))
    server.start()
    reporter.start()
    server.join()
    reporter.join()
