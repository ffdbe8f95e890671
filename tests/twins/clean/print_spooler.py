"""One spooler prints what is in the queue; the pages are counted up when all is printed, and the spooler still runs."""


def spool(queue, pages, pause):
    pause(1)
    while True:
        job = queue.get()
        try:
            if job is None:
                return
            printer, length = job
            pages[printer] += length
        finally:
            queue.task_done()


def main(context, pause):
    queue = context.JoinableQueue()
    pages = context.RawArray("i", 2)
    spooler = context.Process(target=spool, args=(queue, pages, pause))
    spooler.start()
    for job in [(0, 3), (1, 12), (0, 1), (1, 4)]:
        queue.put(job)
    queue.join()
    total = sum(pages)
    queue.put(None)
    spooler.join()
    queue.close()
    queue.join_thread()
    return total
