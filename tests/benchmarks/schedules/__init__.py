"""Programs whose bug shows in few of their schedules: those of SCTBench's CS part, told with multiprocessing objects.

Each does what its namesake does, with as many processes and the same shared operations in the same order (Thomson,
Donaldson and Betts, "Concurrency testing using controlled schedulers", 2016). Each is a function of a context; it
raises AssertionError when the bug showed, or hangs where the bug is a deadlock. `mended` holds twins without the bug.
"""
