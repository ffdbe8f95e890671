"""Writes a file as a whole or not at all, and reads one back, with errors that say what would work."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from typing import TYPE_CHECKING

from pytest_parlab.errors import ParlabError, UsageError

if TYPE_CHECKING:
    from pathlib import Path


def write_whole(path: Path, text: str, *, what: str) -> None:
    """Write `text` to `path`; a reader sees the old file or the new one, never a part.

    The text goes to a new file in the same folder, which then takes the place of the old one in one step.

    Args:
        path: The file.
        text: Its whole content.
        what: What is written, for error messages: ``the results``.

    Raises:
        UsageError: `path` is a folder, or its own folder does not exist, is no folder or must not be written to.
        ParlabError: The system failed to write, for example because the disk is full.
    """
    beside = path.parent / f".{path.name}.{secrets.token_hex(4)}.part"
    try:
        if path.is_dir():
            raise UsageError(f"{what} cannot be written to {path}: it is a folder; give the name of a file in it")
        _fill(beside, text)
        beside.replace(path)
    except OSError as error:
        raise _explained(error, path, what) from error
    finally:
        with contextlib.suppress(OSError):  # after the replacement there is nothing to remove
            beside.unlink()


def text_of(path: Path, *, made_by: str) -> str:
    """Read the text of a file.

    Args:
        path: The file.
        made_by: Command that writes such a file, for error messages.

    Raises:
        UsageError: It cannot be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UsageError(f"{path}: there is no such file; write it with {made_by}") from None
    except IsADirectoryError:
        raise UsageError(f"{path}: this is a folder; give the file in it that {made_by} wrote") from None
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror or error}); check its permissions") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: byte {error.start} is not UTF-8; write it again with {made_by}") from error


def _fill(path: Path, text: str) -> None:
    with path.open("x", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())  # or a crash may leave an empty file under the final name


def _explained(error: OSError, path: Path, what: str) -> ParlabError:
    start = f"{what} cannot be written to {path}: "
    folder = path.parent
    if isinstance(error, FileNotFoundError) and not folder.exists():
        return UsageError(f"{start}the folder {folder} does not exist; create it or give another file")
    if isinstance(error, (NotADirectoryError, FileNotFoundError)):
        return UsageError(f"{start}{folder} is not a folder; give a file in a folder that exists")
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return UsageError(f"{start}writing in {folder} is not allowed; give a file in a folder of your own")
    if error.errno == errno.ENAMETOOLONG:
        return UsageError(f"{start}the name is too long; give a shorter one")
    return ParlabError(f"{start}{error.strerror or error}; nothing was changed there")
