"""Litmus programs: the start and the end of processes."""

from __future__ import annotations

import os
import select
import selectors
from multiprocessing import connection

from tests.unit.instrument.edges import A_MOMENT, Play, until

NOT_UNDER = {"os_waitpid": {"forkserver"}}
"""A fork server's children are not ours to wait for."""


def ordered_start(play: Play) -> None:
    play("before")
    with play.process("after"):
        play("aside")


def unordered_start(play: Play) -> None:
    with play.process("await written", "after"):
        play("before", "mark written")


def ordered_join(play: Play) -> None:
    with play.process("await leave", "aside"):
        process = play.start("before")
        process.join()
        play("after", "mark leave")


def unordered_join(play: Play) -> None:
    with play.process("before", "mark written", "await leave") as process:
        play("await written")
        process.join(A_MOMENT)
        play("after", "mark leave")


def ordered_is_alive(play: Play) -> None:
    process = play.start("before")
    until(lambda: not process.is_alive())
    play("after")
    process.join()


def unordered_is_alive(play: Play) -> None:
    with play.process("before", "mark written", "await leave") as process:
        play("await written")
        assert process.is_alive()
        play("after", "mark leave")


def ordered_exit_code(play: Play) -> None:
    process = play.start("before")
    until(lambda: process.exitcode is not None)
    play("after")
    process.join()


def unordered_exit_code(play: Play) -> None:
    with play.process("before", "mark written", "await leave") as process:
        play("await written")
        assert process.exitcode is None
        play("after", "mark leave")


def ordered_sentinel(play: Play) -> None:
    with play.process("await leave", "aside") as other:
        process = play.start("before")
        assert connection.wait([process.sentinel, other.sentinel]) == [process.sentinel]
        play("after", "mark leave")
        process.join()


def unordered_sentinel(play: Play) -> None:
    with play.process("before", "mark written", "await leave") as process:
        play("await written")
        other = play.start()
        assert connection.wait([process.sentinel, other.sentinel]) == [other.sentinel]
        play("after", "mark leave")
        other.join()


def ordered_sentinel_after_another_start(play: Play) -> None:
    process = play.start("before")
    until(lambda: connection.wait([process.sentinel], 0))
    with play.process("await leave", "aside"):  # a start clears away what has ended
        assert connection.wait([process.sentinel]) == [process.sentinel]
        play("after", "mark leave")
    process.join()


def unordered_sentinel_after_another_start(play: Play) -> None:
    with play.process("before", "mark written", "await leave") as process:
        play("await written")
        with play.process():
            assert connection.wait([process.sentinel], A_MOMENT) == []
        play("after", "mark leave")


def ordered_select(play: Play) -> None:
    process = play.start("before")
    select.select([process.sentinel], [], [])
    play("after")
    process.join()


def unordered_select(play: Play) -> None:
    with play.process("before", "mark written", "await leave") as process:
        play("await written")
        assert select.select([process.sentinel], [], [], A_MOMENT) == ([], [], [])
        play("after", "mark leave")


def ordered_selector(play: Play) -> None:
    process = play.start("before")
    with selectors.DefaultSelector() as selector:
        selector.register(process.sentinel, selectors.EVENT_READ)
        selector.select()
    play("after")
    process.join()


def unordered_selector(play: Play) -> None:
    with play.process("before", "mark written", "await leave") as process, selectors.DefaultSelector() as selector:
        selector.register(process.sentinel, selectors.EVENT_READ)
        play("await written")
        assert selector.select(A_MOMENT) == []
        play("after", "mark leave")


def ordered_active_children(play: Play) -> None:
    process = play.start("before")
    until(lambda: process not in play.context.active_children())
    play("after")
    process.join()


def unordered_active_children(play: Play) -> None:
    with play.process("before", "mark written", "await leave") as process:
        play("await written")
        assert process in play.context.active_children()
        play("after", "mark leave")


def ordered_close(play: Play) -> None:
    process = play.start("before")

    def closed() -> bool:
        try:
            process.close()
        except ValueError:
            return False
        return True

    until(closed)
    play("after")


def unordered_close(play: Play) -> None:
    with play.process("before", "mark written", "await leave") as process:
        play("await written")
        try:
            process.close()
        except ValueError:
            play("after", "mark leave")


def ordered_os_waitpid(play: Play) -> None:
    process = play.start("before")
    assert process.pid is not None
    _, status = os.waitpid(process.pid, 0)
    play("after")
    process._popen.returncode = os.waitstatus_to_exitcode(status)  # it cannot learn that itself any more
    process.join()


def unordered_os_waitpid(play: Play) -> None:
    with play.process("before", "mark written", "await leave") as process:
        play("await written")
        assert os.waitpid(process.pid, os.WNOHANG) == (0, 0)
        play("after", "mark leave")


def _forked(play: Play, *steps: str) -> int:
    child = os.fork()
    if not child:
        try:
            play(*steps)
        finally:
            os._exit(0)
    return child


def ordered_fork_by_hand(play: Play) -> None:
    play("before")
    child = _forked(play, "after")
    play("aside")
    os.waitpid(child, 0)


def unordered_fork_by_hand(play: Play) -> None:
    child = _forked(play, "await written", "after")
    play("before", "mark written")
    os.waitpid(child, 0)


def ordered_wait_by_hand(play: Play) -> None:
    child = _forked(play, "before")
    while os.wait()[0] != child:  # what others have left behind may come first
        pass
    play("after")


def unordered_wait_by_hand(play: Play) -> None:
    child = _forked(play, "before", "mark written", "await leave")
    other = _forked(play, "await written")
    os.waitpid(other, 0)
    play("after", "mark leave")
    os.waitpid(child, 0)
