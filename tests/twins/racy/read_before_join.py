"""The answer is read while the process that finds it may still be at work."""


def find_answer(result, pause):
    pause(0)
    result.value = sum(x * x for x in range(1000))  # RACE unserialisable early


def main(context, pause):
    result = context.Value("q", -1)
    process = context.Process(target=find_answer, args=(result, pause))
    process.start()
    pause(1)
    answer = result.value  # RACE unserialisable early
    process.join()
    return answer
