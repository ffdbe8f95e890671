"""What travels between proxies and their manager's server beside the user's own data.

```
a proxy's token    its type's name is a `TypeId`: who it is comes along with it wherever the proxy is sent
put()   Sending   ---->  Parcel, in the server's queue  ---->  get(): the item itself, and its arrival is recorded
        None      <----  Depth of the queue after this put
wait()  int       <----  Departure from a barrier: which meeting it was
```
Each of these becomes what the user expects where it is unpickled, whether or not the hooks are installed there.
"""

from __future__ import annotations

import threading
from typing import Any, NamedTuple, Self

UNKNOWN = -1

here = threading.local()
"""What an answer of the server brought with it, for the hook that is waiting for the answer in this thread."""


class Identity(NamedTuple):
    """What a managed object is, as its creator knew it.

    Attributes:
        kind: ``dict``, ``Lock``, ``Queue`` and so on; the empty string for a class of the user's own.
        number: Id of the object in the watch in which it was created (31 bits).
        session: That watch; 0 if the number is made from the object's address and holds in every watch.
        detail: A semaphore's initial value or an array's length; `UNKNOWN` if it is not known.
        lock: The identity of a condition's lock if that is an object of its own, else empty.
    """

    kind: str
    number: int
    session: int = 0
    detail: int = UNKNOWN
    lock: tuple[Any, ...] = ()


class TypeId(str):
    """The name of a managed type in a token, with the identity of the one object that the token stands for."""

    __slots__ = ("identity",)
    identity: Identity

    def __new__(cls, name: str, identity: tuple[Any, ...]) -> Self:
        """Join a name and the fields of an identity."""
        self = super().__new__(cls, name)
        self.identity = Identity(*identity)
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return TypeId, (str(self), tuple(self.identity))


class Sending:
    """An item on its way into a managed queue; arrives in the server as a `Parcel`."""

    __slots__ = ("item", "queue", "stamp")

    def __init__(self, item: Any, queue: int, stamp: int) -> None:
        self.item = item
        self.queue = queue
        self.stamp = stamp

    def __reduce__(self) -> tuple[Any, ...]:
        return Parcel, (self.item, self.queue, self.stamp)


class Parcel:
    """An item inside a managed queue. It holds the item itself, as the queue would, so that proxies in it stay alive.

    Parcels compare as their items do: a priority queue sorts them.

    Attributes:
        depth: Items that were left when this one was taken out; `UNKNOWN` if nobody counted.
        taken: Items taken out of a bounded queue until then, this one included; 0 if there is no bound.
    """

    __slots__ = ("depth", "item", "queue", "stamp", "taken")

    def __init__(self, item: Any, queue: int, stamp: int) -> None:
        self.item = item
        self.queue = queue
        self.stamp = stamp
        self.depth = UNKNOWN
        self.taken = 0

    def __reduce__(self) -> tuple[Any, ...]:
        return delivered, (self.queue, self.stamp, self.item, self.depth, self.taken)

    def __lt__(self, other: Any) -> Any:
        return self.item < (other.item if isinstance(other, Parcel) else other)

    def __gt__(self, other: Any) -> Any:
        return self.item > (other.item if isinstance(other, Parcel) else other)


def delivered(queue: int, stamp: int, item: Any, depth: int, taken: int) -> Any:
    """Record that an item has come out of a managed queue, and return it."""
    from pytest_parlab.instrument.managed_queues import note_delivery  # noqa: PLC0415 - unhooked readers need it not

    note_delivery(queue, stamp, depth, taken)
    return item


class Depth(NamedTuple):
    """What the server tells of a put, whose answer is None otherwise.

    Attributes:
        items: How many items the queue held then.
        put_ns: When that was (`now_ns`).
        taken_before: Items that must have been taken out before there was room; 0 if there always is.
    """

    items: int
    put_ns: int
    taken_before: int = 0

    def __reduce__(self) -> tuple[Any, ...]:
        return told, tuple(self)


def told(items: int, put_ns: int, taken_before: int) -> None:
    """Remember what the server told about a put."""
    here.depth = Depth(items, put_ns, taken_before)


def told_depth() -> Depth | None:
    """What the server told this thread last, once; None if it told nothing since it was asked."""
    depth: Depth | None = getattr(here, "depth", None)
    here.depth = None
    return depth


class Departure(int):
    """The answer to a wait at a barrier: the number that the barrier gives, and which meeting it was.

    Attributes:
        meeting: Meetings of this barrier that have taken place, this one included.
        parties: How many met.
    """

    meeting: int
    parties: int

    def __new__(cls, number: int, meeting: int, parties: int) -> Self:
        """Join the number that the barrier gives and the facts of the meeting."""
        self = super().__new__(cls, number)
        self.meeting = meeting
        self.parties = parties
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return departed, (int(self), self.meeting, self.parties)


def departed(number: int, meeting: int, parties: int) -> int:
    """Remember which meeting it was that this thread comes from."""
    here.meeting = (meeting, parties)
    return number


def last_meeting() -> tuple[int, int] | None:
    """The meeting that this thread comes from and how many met there, once; None if the server did not tell."""
    meeting: tuple[int, int] | None = getattr(here, "meeting", None)
    here.meeting = None
    return meeting
