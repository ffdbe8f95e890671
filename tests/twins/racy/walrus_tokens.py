"""A token is taken if one is left, in the modern way."""


def spend(tokens, pause, rank):
    pause(rank)
    for _ in range(10):
        if (left := tokens.value) > 0:
            tokens.value = left - 1  # RACE lost-update


def main(context, pause):
    tokens = context.Value("i", 15)
    spenders = [context.Process(target=spend, kwargs=dict(tokens=tokens, pause=pause, rank=r)) for r in range(2)]
    for spender in spenders:
        spender.start()
    for spender in spenders:
        spender.join()
    return tokens.value
