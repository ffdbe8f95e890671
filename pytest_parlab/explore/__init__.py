"""What could happen: real processes under a scheduler that decides who goes on.

```
exploring      searches the schedules of a function: the way in
exploration    what that has found
search         what the schedules so far have shown, and what follows
confirming     whether a race that was suspected does harm in some schedule; harm says what that is
conductor      runs one schedule after the other; playing lets the same processes do so
calling        process 0: it calls the function; ending reads what came of it; stalls notices that nothing does
control/       the scheduler inside the processes
strategies/    who goes on: one search strategy a file, behind one protocol
operations     what a process does at a scheduling point, and which operations depend on each other
run            one schedule as it was run: its steps, its end
happens_before what must come before what in a run; interleavings counts the schedules that it stands for
shrink         the same failure with fewer preemptions
telling        the steps of a schedule in words; overwriting finds the step that loses an update
tokens         a schedule as a short text
```
"""
