"""The answer is read when the process that finds it has ended."""


def find_answer(result, pause):
    pause(0)
    result.value = sum(x * x for x in range(1000))


def main(context, pause):
    result = context.RawValue("q", -1)
    process = context.Process(target=find_answer, args=(result, pause))
    process.start()
    pause(1)
    process.join()
    return result.value
