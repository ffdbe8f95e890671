"""The scheduler inside the processes: one token, and its holder decides who gets it next.

```
board         the state of a schedule in memory that all its processes share
tokens        how the token is handed over: one semaphore a process
controller    scheduling points: say what comes next, hand on the token, wait for it
channels      what is in queues and pipes; feeders move it on later, ends say who can still send or receive
memory, locks, signals, processes, queues, pipes, managed, ...   what the library does instead, under control
```
"""
