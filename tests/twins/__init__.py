"""Programs with a race and look-alikes without one: what the race detector is scored on.

```
racy/, clean/   the programs, each with main(context, pause), written as people write them
marks           which pairs of lines race, as comments in the programs say
pauses          what a program is given as pause: nothing, or a sleep that keeps its workers apart
scoring         runs a program under a watch, and holds what was found against the marks
tables          which half a program belongs to, and what is not found yet
```
"""
