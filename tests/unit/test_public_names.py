"""The names that are for ever."""

from __future__ import annotations

import pytest_parlab
from pytest_parlab.plugin import hooks

PUBLIC = [
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


def test_the_package_offers_these_names_and_no_others() -> None:
    assert sorted(pytest_parlab.__all__) == PUBLIC
    for name in PUBLIC:
        assert hasattr(pytest_parlab, name)


def test_the_plugin_offers_these_fixtures_and_no_others() -> None:
    assert sorted(hooks.__all__) == [
        "core_scaling",
        "parlab_start_method",
        "queue_inspector",
        "race_detector",
        "submission",
        "timed_executor",
    ]


def test_errors_are_documented_and_ours() -> None:
    for name in PUBLIC[:-1]:
        error = getattr(pytest_parlab, name)
        assert error.__doc__
        assert issubclass(error, pytest_parlab.ParlabError | pytest_parlab.ParlabWarning)
