"""A lock for readers and a lock for writers, and a method that takes the wrong one: it only reads, almost."""


class Score:
    def __init__(self, context):
        self.points = context.Value("i", 10)
        self.read_lock = context.Lock()
        self.write_lock = context.Lock()

    def add(self, n):
        with self.write_lock:
            self.points.value += n  # RACE inconsistent-lock rw

    def rounded(self):
        with self.read_lock:
            points = self.points.value
            if points % 10:
                points += 10 - points % 10
            self.points.value = points  # RACE inconsistent-lock rw
            return points


def player(score, pause):
    pause(0)
    for _ in range(10):
        score.add(3)


def scoreboard(score, pause):
    pause(1)
    return [score.rounded() for _ in range(10)]


def main(context, pause):
    score = Score(context)
    processes = [context.Process(target=f, args=(score, pause)) for f in (player, scoreboard)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return score.points.value
