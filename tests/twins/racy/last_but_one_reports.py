"""Four count themselves, and whoever is the third reports for all of them."""


def survey(answers, answered, report, pause, rank):
    pause(rank)
    answers[rank] = rank * rank  # RACE unserialisable missing
    with answered.get_lock():
        answered.value += 1
        if answered.value == 3:
            report.value = sum(answers)  # RACE unserialisable missing


def main(context, pause):
    answers = context.Array("i", 4)
    answered, report = context.Value("i", 0), context.Value("i", 0)
    people = [context.Process(target=survey, args=(answers, answered, report, pause, rank)) for rank in range(4)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    return report.value
