"""The scheduler inside the processes: one token, and its holder decides who gets it next.

```
board         the state of a schedule in memory that all its processes share; layout says what its words mean
tokens        how the token is handed over: one semaphore a process
controller    scheduling points: say what comes next, hand on the token, wait for it
turns         whose turn it is; looks recognises a loop that waits
repeating     the same processes for the next schedule; carrier takes the control into spawned ones
places, story, notes, recorded   where a process is, what it did, what it leaves behind, how it is read back
channels      what is in queues and pipes; feeders move it on later, ends say who can still send or receive
desk, tasks, futures             the work of pools and executors
memory, locks, signals, processes, queues, pipes, managed, ...   what the library does instead (parts lists them)
```
"""
