"""The pages are printed by a process that nobody waits for before they are bound."""


def print_pages(pages, ink, pause):
    pause(0)
    for number in range(len(pages)):
        pages[number] = 100 + ink  # RACE unserialisable unbound


def bind(pages, book, pause):
    pause(1)
    book.value = sum(pages)  # RACE unserialisable unbound


def main(context, pause):
    pages, book = context.Array("i", 8), context.Value("i", 0)
    printer = context.Process(target=print_pages, args=(pages, 7, pause))
    binder = context.Process(target=bind, args=(pages, book, pause))
    printer.start()
    binder.start()
    for process in (printer, binder):
        process.join()
    return book.value
