"""Attending a meeting, if one is called: the proof of concurrency that needs no clock (see `machine.meeting`)."""

from __future__ import annotations

import os

ADDRESS_VARIABLE = "PARLAB_MEETING"
"""Environment variable with the address of the meeting that tasks and processes attend before they begin."""


def attend_if_called() -> None:
    """Wait at the meeting named in the environment until enough processes are there; at once if there is none."""
    address = os.environ.get(ADDRESS_VARIABLE)
    if address:
        from pytest_parlab.instrument.meeting import attend  # noqa: PLC0415 - sockets only where a meeting is called

        attend(address)
