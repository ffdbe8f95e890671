"""A clicker at each gate, as a subclass of Process, and one display that both add to."""

import multiprocessing

METHODS = ("fork",)


class Gate(multiprocessing.get_context("fork").Process):
    def __init__(self, display, visitors, pause, rank):
        super().__init__()
        self.display = display
        self.visitors = visitors
        self.pause = pause
        self.rank = rank

    def run(self):
        self.pause(self.rank)
        for group in self.visitors:
            shown = self.display.value
            shown += group
            self.display.value = shown  # RACE lost-update


def main(context, pause):
    display = context.Value("i", 0)
    gates = [Gate(display, groups, pause, rank) for rank, groups in enumerate(([1, 2, 4, 1], [3, 3, 2]))]
    for gate in gates:
        gate.start()
    for gate in gates:
        gate.join()
    return display.value
