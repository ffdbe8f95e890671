"""Each worker has its own edges of a graph, but two edges can end in one node."""

EDGES = [(0, 1), (1, 2), (2, 3), (3, 0), (0, 2), (1, 3)]


def push(forces, edges, weight, pause, rank):
    pause(rank)
    target = [end for _, end in edges]
    for i in range(len(edges)):
        forces[target[i]] += weight  # RACE lost-update


def main(context, pause):
    forces = context.RawArray("d", 4)
    half = len(EDGES) // 2
    jobs = []
    for rank, edges in enumerate((EDGES[:half], EDGES[half:])):
        job = context.Process(target=push, args=(forces, edges, 0.5, pause, rank))
        jobs.append(job)
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    return list(forces)
