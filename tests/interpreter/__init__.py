"""CPython's own tests for multiprocessing and concurrent.futures, run with the hooks installed and without."""
