"""How locks and semaphores are taken and given back.

``acquire`` and ``release`` are C methods bound to each instance, so a patch of the class attribute would never be
called; the hook wraps them where the instance gets them (``_make_methods``).

Locks and mutex semaphores (initial value 1) take a ticket per acquisition, which their holder alone increments.
Other semaphores publish at each release; of an acquire it is known how many releases must have come before it, and
no more than that is taken for order: a semaphore of two that happened to be free proves nothing.

Taking a free lock again, as this process's only thread, is what programs do in loops: for that each hook has a short
way. Everything else goes the long way, by `_take` and `_give`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from multiprocessing.synchronize import SemLock
from types import FrameType
from typing import Any

from pytest_parlab.instrument import holdings, recorder
from pytest_parlab.instrument.holdings import ENTERED, HELD, LONG_NS
from pytest_parlab.instrument.locks import PARTS, RECURSIVE, UNKNOWN, Identity, renew_existing
from pytest_parlab.instrument.nodes import NO_LOCKS
from pytest_parlab.instrument.patches import Patches
from pytest_parlab.trace.records import now_ns

_getframe = sys._getframe


def install(patches: Patches) -> None:
    """Hook what takes a lock and gives it back, also of those that exist already."""
    patches.afterwards(renew_existing)
    patches.replace(SemLock, "_make_methods", _make_methods(vars(SemLock)["_make_methods"]))
    patches.replace(SemLock, "__enter__", _enter(vars(SemLock)["__enter__"]))
    patches.replace(SemLock, "__exit__", _exit(vars(SemLock)["__exit__"]))
    renew_existing()


def _make_methods(original: Callable[[Any], None]) -> Callable[[Any], None]:
    @wraps(original)
    def _make_methods(self: Any) -> None:
        original(self)
        identity = vars(self).get("_parlab")
        if identity is None:
            identity = self._parlab = Identity()
        identity.lead_to(self._semlock)
        self.acquire, self.release = _acquire(identity, self._semlock), _release(identity, self._semlock)

    return _make_methods


def _acquire(identity: Identity, semlock: Any) -> Callable[..., bool]:
    """The hook of ``acquire``; it does not refer to the lock object itself, which it would keep alive."""
    raw: Callable[..., bool] = semlock.acquire

    def acquire(block: bool = True, timeout: float | None = None) -> bool:
        record = recorder.active
        if record is None:
            return raw(block, timeout)
        frame, series = _getframe(1), identity.series
        strand, words = series.strand, series.words
        if strand is not record.lone or words is None or series.state or not raw(False):
            return _take(identity, record, frame, block=block, timeout=timeout)
        ticket = words[0]
        if ticket != series.ticket or frame.f_lasti != series.lasti or frame.f_code is not series.code:
            holdings.come_from(record, series, frame)
        words[0] = series.ticket = ticket + 1
        words[3] = series.acquired_ns = strand.stamp = now = now_ns()
        series.state = HELD
        if strand.locks is NO_LOCKS:
            strand.locks = series.alone
            strand.bare = now
        else:
            strand.took(series, now)
        return True

    return acquire


def _release(identity: Identity, semlock: Any) -> Callable[[], None]:
    """The hook of ``release``, under the same condition."""
    raw: Callable[[], None] = semlock.release
    depth: Callable[[], int] = semlock._count if semlock.kind == RECURSIVE else semlock._is_zero

    def release() -> None:
        record = recorder.active
        if record is None:
            return raw()
        frame, series = _getframe(1), identity.series
        strand, words = series.strand, series.words
        if strand is not record.lone or words is None or not series.state or depth() != 1:
            _give(identity, record, frame)
            return raw()
        now = now_ns()
        held = now - series.acquired_ns
        if (
            frame.f_lasti != series.left_lasti
            or frame.f_code is not series.left_code
            or now >= series.until_ns
            or held >= LONG_NS
        ):
            holdings.end_at(record, series, frame, words)
            return raw()
        words[3] = series.state = 0
        series.held_ns += held
        series.left_ns = strand.stamp = now
        if strand.locks is series.alone:
            strand.locks = NO_LOCKS
            strand.bare = now
        else:
            strand.gave(series, now)
        return raw()

    return release


def _take(
    identity: Identity,
    record: recorder.Recorder,
    frame: FrameType,
    *,
    block: bool = True,
    timeout: float | None = None,
    entered: bool = False,
) -> bool:
    """Acquire a lock on behalf of a frame."""
    semlock = identity.semlock
    raw: Callable[..., bool] = semlock.acquire
    if identity.session != record.session:
        identity.adopt(record, semlock)
    if identity.role != "mutex":
        return _acquire_semaphore(record, raw, identity, block=block, timeout=timeout)
    site = record.numbers.get(id(frame.f_code) + frame.f_lasti) or record.sites.of(frame)
    strand = record.here()
    if not raw(False):
        if not block:
            return False
        holdings.ask(record, strand, identity.number, site)
        if not raw(block, timeout):
            return False
    if semlock.kind != RECURSIVE or semlock._count() == 1:
        series = holdings.take(record, strand, identity.number, site)
        if strand is record.lone:
            identity.series = series
            if entered:
                series.state = ENTERED
    elif identity.series.state:
        identity.series.state = HELD  # the block that is left next is another one
    return True


def _acquire_semaphore(
    record: recorder.Recorder, raw: Callable[..., bool], identity: Identity, *, block: bool, timeout: float | None
) -> bool:
    if identity.role in PARTS:
        return raw(block, timeout)
    tally = f"acquired-{identity.number:x}"
    earlier = record.counters.total(tally)
    if not raw(block, timeout):
        return False
    record.counters.add(tally)
    if identity.initial != UNKNOWN:
        record.seen(identity.number, earlier + 1 - identity.initial)
    return True


def _give(identity: Identity, record: recorder.Recorder, frame: FrameType) -> None:
    """Note that a lock is about to be released on behalf of a frame."""
    semlock = identity.semlock
    if identity.session != record.session:
        identity.adopt(record, semlock)
    if identity.role == "semaphore":
        record.signal(identity.number, record.sites.of(frame))
    elif identity.role == "mutex":
        recursive = semlock.kind == RECURSIVE
        held = semlock._is_mine() if recursive else semlock._is_zero()
        if held and not (recursive and semlock._count() > 1):  # else it only counts, or refuses
            site = record.numbers.get(id(frame.f_code) + frame.f_lasti) or record.sites.of(frame)
            holdings.give(record, record.here(), identity.number, site)
        elif not held and not recursive and semlock.maxvalue > 1:
            holdings.overfill(record, record.here(), identity.number, record.sites.of(frame))


def _enter(original: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """The hook of ``__enter__``: as that of ``acquire``, with the short way in one frame."""

    @wraps(original)
    def __enter__(self: Any) -> bool:
        record = recorder.active
        if record is None:
            return original(self)
        try:
            identity: Identity = self._parlab
        except AttributeError:
            identity = _hooked(self)
        frame, series, raw = _getframe(1), identity.series, identity.acquire
        strand, words = series.strand, series.words
        if strand is not record.lone or words is None or series.state or not raw(False):
            return _take(_hooked(self), record, frame, entered=True)
        ticket = words[0]
        if ticket != series.ticket or frame.f_lasti != series.lasti or frame.f_code is not series.code:
            holdings.come_from(record, series, frame)
        words[0] = series.ticket = ticket + 1
        words[3] = series.acquired_ns = strand.stamp = now = now_ns()
        series.state = ENTERED
        if strand.locks is NO_LOCKS:
            strand.locks = series.alone
            strand.bare = now
        else:
            strand.took(series, now)
        return True

    return __enter__


def _exit(original: Callable[..., None]) -> Callable[..., None]:
    """The hook of ``__exit__``: as that of ``release``, in one frame, too; a block is left where it was entered."""

    @wraps(original)
    def __exit__(self: Any, *args: object) -> None:
        record = recorder.active
        if record is None:
            return original(self, *args)
        try:
            identity: Identity = self._parlab
        except AttributeError:
            identity = _hooked(self)
        series, depth, raw = identity.series, identity.depth, identity.release
        strand, words = series.strand, series.words
        if strand is not record.lone or words is None or series.state != ENTERED or depth() != 1:
            _give(_hooked(self), record, _getframe(1))
            return original(self, *args)
        now = now_ns()
        held = now - series.acquired_ns
        if series.left_site != series.site or now >= series.until_ns or held >= LONG_NS:
            holdings.end(record, series, strand, words, series.site)
            return raw()
        words[3] = series.state = 0
        series.held_ns += held
        series.left_ns = strand.stamp = now
        if strand.locks is series.alone:
            strand.locks = NO_LOCKS
            strand.bare = now
        else:
            strand.gave(series, now)
        return raw()

    return __exit__


def _hooked(lock: Any) -> Identity:
    """The identity of a lock that has its hooks, also if it was unpickled before any watch."""
    identity: Identity | None = vars(lock).get("_parlab")
    if identity is None or identity.semlock is None:
        lock._make_methods()
        identity = vars(lock)["_parlab"]
    return identity
