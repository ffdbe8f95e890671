"""How it is seen: hooks in multiprocessing and concurrent.futures, carried into every child."""
