"""The scheduler inside the processes: one token, and its holder decides who gets it next.

```
board         the state of a schedule in memory that all its processes share
tokens        how the token is handed over: one semaphore a process
controller    scheduling points: say what comes next, hand on the token, wait for it
memory, locks, signals, processes, clocks, ...   what `multiprocessing` and `time` do instead, under control
```
"""
