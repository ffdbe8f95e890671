"""CPython's tests for multiprocessing under `forkserver`, importable by the processes that they start."""

from __future__ import annotations

from importlib import import_module

import_module("test._test_multiprocessing").install_tests_in_module_dict(globals(), "forkserver")
