"""An exception of the submission's, told as plain data: the learner's own frames, under the learner's own path."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

_PLACE = re.compile(r'^\s*File "(?P<path>[^"]+)", line (?P<line>\d+)')

_REMOTE = ("RemoteTraceback", "_RemoteTraceback")

TEXT_LIMIT = 20_000
"""Characters of a message or a traceback; more helps nobody."""

Rename = Callable[[str], str]


def described(error: BaseException, *, own: Path, rename: Rename) -> dict[str, Any]:
    """Describe an exception.

    Args:
        error: What was raised.
        own: Folder of the learner's files; frames from elsewhere are left out if there is any frame from here.
        rename: Turns the path of a file there into the one that the learner knows.

    Returns:
        ``kind``, ``message``, ``traceback`` (text), ``path`` and ``line`` of the learner's last frame (or None).
    """
    whole = traceback.TracebackException.from_exception(error)
    lines: list[str] = []
    for part in _chain(whole):
        lines.extend(_part(part, own, rename))
    path, line = _last_place(error, own, rename)
    return {
        "kind": sendable(type(error).__name__),
        "message": sendable(_message(error)),
        "traceback": sendable("\n".join(lines)),
        "path": path,
        "line": line,
    }


def sendable(text: str) -> str:
    """A text that can be sent and read: not endless, no half characters."""
    text = str.__str__(text)  # a subclass of the learner's must not be asked
    if len(text) > TEXT_LIMIT:
        half = TEXT_LIMIT // 2
        text = f"{text[:half]}\n[{len(text) - TEXT_LIMIT} characters are left out here]\n{text[-half:]}"
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException as second:  # noqa: BLE001 - the learner's own __str__
        return f"(its text cannot be made: {type(second).__name__})"


def _chain(whole: traceback.TracebackException) -> list[traceback.TracebackException]:
    """The exception and what led to it, oldest first."""
    parts = [whole]
    while len(parts) < 10:  # noqa: PLR2004 - deeper chains teach nobody
        cause = parts[0].__cause__ or (None if parts[0].__suppress_context__ else parts[0].__context__)
        if cause is None:
            break
        parts.insert(0, cause)
    return parts


def _part(part: traceback.TracebackException, own: Path, rename: Rename) -> list[str]:
    if _type_name(part) in _REMOTE:
        return _worker_part(str(part), own, rename)
    frames = [frame for frame in part.stack if _inside(frame.filename, own)]
    if not frames and not _in_own_text(part, own):
        frames = list(part.stack)[-3:]
    lines = ["Traceback (most recent call last):"] if frames else []
    for frame in frames:
        lines.append(f'  File "{rename(frame.filename)}", line {frame.lineno}, in {frame.name}')
        if frame.line:
            lines.append(f"    {frame.line.strip()}")
    text = "".join(part.format_exception_only()).rstrip()
    return lines + _renamed(text, rename)


def _type_name(part: traceback.TracebackException) -> str:
    """The name of the exception's class; Python 3.13 put a string in the place of the class."""
    name = getattr(part, "exc_type_str", None) or getattr(part.exc_type, "__name__", "")
    return str(name).rpartition(".")[2]


def _in_own_text(part: traceback.TracebackException, own: Path) -> bool:
    """A syntax error names its place itself; the frames of the import machinery add nothing."""
    return _inside(getattr(part, "filename", None) or "", own)


def _worker_part(text: str, own: Path, rename: Rename) -> list[str]:
    """The worker's part of the story, as its pool sent it along in text: the learner's frames only."""
    lines = text.strip().strip('"').strip().splitlines()
    kept = ["In the worker process (most recent call last):"]
    for line, following in pairwise(lines):
        place = _PLACE.match(line)
        if place and _inside(place["path"], own):
            kept += [line.replace(place["path"], rename(place["path"])), following]
    return [*kept, *lines[-1:]]


def _renamed(text: str, rename: Rename) -> list[str]:
    """Rename the paths inside a text, such as a traceback that came from a worker or the place of a syntax error."""

    def renamed(line: str) -> str:
        place = _PLACE.match(line)
        return line if place is None else line.replace(place["path"], rename(place["path"]))

    return [renamed(line) for line in text.splitlines()]


def _inside(path: str, own: Path) -> bool:
    return Path(path).parent == own


def _last_place(error: BaseException, own: Path, rename: Rename) -> tuple[str | None, int | None]:
    """The innermost place in the learner's own files; in a worker's part of the story, if there is one."""
    if isinstance(error, SyntaxError) and error.filename and _inside(error.filename, own):
        return rename(error.filename), error.lineno
    places = [
        (place["path"], int(place["line"]))
        for line in str(error.__cause__ or "").splitlines()
        if (place := _PLACE.match(line)) and _inside(place["path"], own)
    ] or [
        (frame.filename, frame.lineno or 0)
        for frame in traceback.extract_tb(error.__traceback__)
        if _inside(frame.filename, own)
    ]
    if not places:
        return None, None
    path, line = places[-1]
    return rename(path), line
