"""What can go wrong, by name: every error and warning that this package raises.

A leaf: it imports nothing of ours, and every package may import it.
"""

from __future__ import annotations


class ParlabError(Exception):
    """Base of every error raised by pytest-parlab."""


class ParlabWarning(UserWarning):
    """Base of every warning given by pytest-parlab."""


class UsageError(ParlabError):
    """A setting, an argument or a file of the user's is not as it must be; the text says what would work."""


class Undecided(ParlabError):
    """The run does not settle the question; the text says why and what would settle it."""


class Finding(ParlabError, AssertionError):
    """Base of the verdicts on the code under test: the test fails, and the text shows the evidence."""


class RaceFound(Finding):
    """The watched code has at least one race; `report` is the whole `RaceReport`."""


class ChildFailed(Finding):
    """A process that the watched code started ended with an exit code other than zero."""


class HangFound(Finding):
    """The watched code did not end before its deadline."""


class ItemsLost(Finding):
    """Items were put into a queue and nobody got them."""


class TooSlow(Finding):
    """The measured speedup is below the one asked for."""


class NotParallel(Finding):
    """The work did not run in as many processes (or threads) at once as asked for."""


class MistakeFound(Finding):
    """A classic mistake of parallel programming was found in the trace.

    Attributes:
        mistakes: The `Mistake` findings, the one that explains most first.
    """

    def __init__(self, text: str, mistakes: tuple[object, ...] = ()) -> None:
        super().__init__(text)
        self.mistakes = mistakes


class SubmissionError(ParlabError):
    """The submission could not be loaded, or did not answer a call as it should.

    Attributes:
        loading: It happened while the submission was being loaded, so nothing of it can be judged.
    """

    loading = False


class SubmissionRaised(SubmissionError):
    """The submission's code raised an exception.

    Attributes:
        kind: Name of the exception's class, for example ``"ValueError"``.
        message: Text of the exception.
        traceback: The learner's own traceback, trimmed to the learner's own frames.
        path: File of the last frame of the learner's own code, or None.
        line: Line number in `path`, or None.
    """

    def __init__(
        self, kind: str, message: str, traceback: str, *, path: str | None = None, line: int | None = None
    ) -> None:
        super().__init__(traceback.rstrip() or f"{kind}: {message}")
        self.kind = kind
        self.message = message
        self.traceback = traceback
        self.path = path
        self.line = line


class SubmissionTimeout(SubmissionError):
    """A call did not answer before its deadline; its whole process tree was ended."""


class SubmissionDied(SubmissionError):
    """The host process ended before it answered: ``sys.exit``, ``os._exit``, a crash or a kill."""


class NotPlainData(SubmissionError):
    """A value cannot cross the process boundary: it is not made of exact built-in types, or too large."""
