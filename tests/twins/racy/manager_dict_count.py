"""Words are counted in a Manager's dict: get and set are two calls."""

TEXTS = ["the cat sat on the mat", "the dog ate the cat", "a cat and a dog"]


def count_words(counts, text, pause, rank):
    pause(rank)
    for word in text.split():
        counts[word] = counts.get(word, 0) + 1  # RACE lost-update


def main(context, pause):
    with context.Manager() as manager:
        counts = manager.dict()
        readers = [
            context.Process(target=count_words, args=(counts, text, pause, rank)) for rank, text in enumerate(TEXTS)
        ]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
        return dict(counts)
