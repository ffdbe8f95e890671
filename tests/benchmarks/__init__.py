"""What this project promises in numbers, measured side by side: ``python -m tests.benchmarks [name ...]``."""
