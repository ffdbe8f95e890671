"""The guard's own process; see `guard`."""

from __future__ import annotations

import json
import shutil
import signal
import sys
from pathlib import Path


def main() -> None:
    """Listen until the judge is gone; then clear away the hosts that it has not forgotten."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    hosts: dict[str, str] = {}
    for line in sys.stdin.buffer:
        try:
            order = json.loads(line)
        except ValueError:  # cut short: the judge died while it wrote
            continue
        if "watch" in order:
            folder, watch = order["watch"]
            hosts[folder] = watch
        else:
            hosts.pop(order.get("forget"), None)
    for folder, watch in hosts.items():
        clear(Path(folder), Path(watch))


def clear(folder: Path, watch: Path) -> None:
    """End what is left of a host and remove its folders."""
    from pytest_parlab.sandbox.clearing import end_marked  # noqa: PLC0415 - psutil
    from pytest_parlab.trace.session import remove_directory  # noqa: PLC0415

    end_marked(str(folder))
    shutil.rmtree(folder, ignore_errors=True)
    remove_directory(watch)
