"""Words are counted in a Manager's dict under a Manager's lock."""

TEXTS = ["the cat sat on the mat", "the dog ate the cat"]


def count_words(counts, lock, text, pause, rank):
    pause(rank)
    for word in text.split():
        with lock:
            counts[word] = counts.get(word, 0) + 1


def main(context, pause):
    with context.Manager() as manager:
        counts = manager.dict()
        lock = manager.Lock()
        readers = [
            context.Process(target=count_words, args=(counts, lock, text, pause, rank))
            for rank, text in enumerate(TEXTS)
        ]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
        return dict(counts)
