"""What could happen: real processes under a scheduler that decides who goes on.

```
exploring     searches the schedules of a function: the way in
exploration   what that has found
conductor     runs one schedule after the other
control/      the scheduler inside the processes
telling       the steps of a schedule in words
tokens        a schedule as a short text
operations    what a process does at a scheduling point, and which operations depend on each other
run           one schedule as it was run: its steps, its end
strategies/   who goes on: one search strategy a file, behind one protocol
```
"""
