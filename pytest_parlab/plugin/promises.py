"""What a run vouches for, and what it does not: said before the first test, and kept in the results file."""

from __future__ import annotations

from pytest_parlab.plugin.options import Settings


def promises(settings: Settings) -> tuple[str, ...]:
    """One sentence per promise."""
    if settings.isolation == "none":
        return (
            "no isolation: the learner's code runs in this process, is trusted, and nothing here is worth a grade",
        )
    return (
        "promised: verdicts and clocks are outside the process of the learner's code, and nothing of it is left",
        "not promised: that code can read the files of this user and use the network (no sandbox of the system)",
    )
