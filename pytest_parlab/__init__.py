# The house, bottom to top; a package imports only from the rows below it:
#
#   cli/        the `parlab` command            plugin/  pytest glue, the only package that imports pytest
#   report/     findings -> text                grading/ exercises, points, the results file
#   explore/    every schedule: what could happen
#   sandbox/    judge, host, channel            analysis/ Trace -> frozen findings
#   instrument/ hooks carried into children     machine/  cores, noise, process tree
#   trace/      event rings -> one Trace        errors    every error, by name
"""Teaches parallel Python and proves that parallel code is right and really faster.

Importing this package imports no pytest: spawned children pay for what their modules import.
"""

from __future__ import annotations

from pytest_parlab.errors import (
    ChildFailed,
    Finding,
    HangFound,
    ItemsLost,
    MistakeFound,
    NotParallel,
    NotPlainData,
    ParlabError,
    ParlabWarning,
    RaceFound,
    SubmissionDied,
    SubmissionError,
    SubmissionRaised,
    SubmissionTimeout,
    TooSlow,
    Undecided,
    UsageError,
)

__version__ = "0.1.0"

__all__ = [
    "ChildFailed",
    "Finding",
    "HangFound",
    "ItemsLost",
    "MistakeFound",
    "NotParallel",
    "NotPlainData",
    "ParlabError",
    "ParlabWarning",
    "RaceFound",
    "SubmissionDied",
    "SubmissionError",
    "SubmissionRaised",
    "SubmissionTimeout",
    "TooSlow",
    "Undecided",
    "UsageError",
    "__version__",
]
