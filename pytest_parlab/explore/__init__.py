"""What could happen: real processes under a scheduler that decides who goes on.

```
operations    what a process does at a scheduling point, and which operations depend on each other
run           one schedule as it was run: its steps, its end
strategies/   who goes on: one search strategy a file, behind one protocol
```
"""
