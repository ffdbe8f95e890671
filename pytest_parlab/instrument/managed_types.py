"""Which object a proxy stands for, and of what kind it is.

Whoever has an object created by a class knows all about it: the identity then travels in the token of every proxy. Of
other proxies (made before the watch, or by a function that may hand out one object many times) the number comes from
the object's place in the server, and the kind from the proxy's class; what that leaves open, the server is asked.
"""

from __future__ import annotations

import array
import queue
import threading
import zlib
from collections.abc import Callable
from multiprocessing import managers, pool
from typing import Any, NamedTuple

from pytest_parlab.instrument import recorder
from pytest_parlab.instrument.managed_wire import UNKNOWN, Identity, TypeId

HALF = (1 << 31) - 1
QUESTION = "#PARLAB"
"""Name under which a server that has the hooks tells what an object is."""

_library: Any = managers
PICKLE = "pickle"
"""Name of the form in which calls travel, unless a manager is asked for XML."""
QUEUES: tuple[type, ...] = (queue.Queue, queue.LifoQueue, queue.PriorityQueue)
_KINDS: dict[Any, str] = {
    list: "list",
    dict: "dict",
    _library.Value: "Value",
    _library.Array: "Array",
    managers.Namespace: "Namespace",
    threading.Lock: "Lock",
    threading.RLock: "RLock",
    threading.BoundedSemaphore: "BoundedSemaphore",
    threading.Semaphore: "Semaphore",
    threading.Condition: "Condition",
    threading.Event: "Event",
    threading.Barrier: "Barrier",
    pool.Pool: "Pool",
    **dict.fromkeys(QUEUES, "Queue"),
}
"""What a type is registered with (a class, or a function that makes a new object each time) to its kind."""
_OBJECTS: tuple[tuple[type, str], ...] = (
    *((made_by, kind) for made_by, kind in _KINDS.items() if isinstance(made_by, type) and made_by not in QUEUES),
    (type(threading.Lock()), "Lock"),
    (type(threading.RLock()), "RLock"),
    (array.array, "Array"),
)
_PROXIES: tuple[tuple[type, str], ...] = (
    (_library.BaseListProxy, "list"),
    (managers.DictProxy, "dict"),
    (managers.ValueProxy, "Value"),
    (_library.ArrayProxy, "Array"),
    (_library.NamespaceProxy, "Namespace"),
    (_library.ConditionProxy, "Condition"),
    (_library.EventProxy, "Event"),
    (_library.BarrierProxy, "Barrier"),
    (_library.BasePoolProxy, "Pool"),
    (_library.IteratorProxy, "part"),
)
_PARTS = frozenset({"Iterator", "AsyncResult"})
"""Types that only the library's own calls hand out."""
_ACQUIRED = frozenset({"Lock", "RLock", "Semaphore", "BoundedSemaphore"})
_STANDARD_QUEUES = frozenset({"Queue", "JoinableQueue"})
_METHODS_OF_A_QUEUE = frozenset(name for name in dir(queue.Queue) if not name.startswith("_"))


class Call(NamedTuple):
    """One call of a proxy's method.

    Attributes:
        record: This process's recorder.
        frame: The user's frame that it comes from; None if no code of the user's is behind it.
        method: Name of the method in the server.
        args: Its arguments.
        kwds: Its keyword arguments.
        send: Calls a method of the same object.
    """

    record: recorder.Recorder
    frame: Any
    method: str
    args: tuple[Any, ...]
    kwds: dict[str, Any]
    send: Callable[..., Any]

    def go(self) -> Any:
        """Make the call as it is."""
        return self.send(self.method, self.args, self.kwds)

    @property
    def site(self) -> int:
        """Where it was made."""
        return self.record.sites.of(self.frame)


def number_in(record: recorder.Recorder, identity: Identity) -> int:
    """The number of an object in the present watch (31 bits), the same in every process."""
    if identity.session in {0, record.session}:
        return identity.number
    return zlib.crc32(b"%d+%d" % (identity.session, identity.number)) & HALF or 1


def kind_of_callable(made_by: Any) -> str | None:
    """The kind of what a registered callable makes; the empty string for a class of the user's own.

    None for a function: it may hand out one object many times.
    """
    kind = _KINDS.get(made_by)
    if kind is not None or not isinstance(made_by, type):
        return kind
    return next((kind for base, kind in _OBJECTS if issubclass(made_by, base)), "")


def kind_of_object(thing: Any) -> tuple[str, int]:
    """Kind and detail of an object that lives in this process's server."""
    if isinstance(thing, QUEUES):
        watched = hasattr(thing, "parlab_depth")
        return "Queue" if watched else "", UNKNOWN  # a class of the user's may look at its items
    kind = next((kind for base, kind in _OBJECTS if isinstance(thing, base)), "")
    if kind == "Array":
        return kind, len(thing)
    return kind, int(thing._initial_value) if kind == "BoundedSemaphore" else UNKNOWN


def can_carry(serializer: str, kind: str) -> bool:
    """Tell whether the calls of an object can be seen where they travel in this form."""
    return serializer == PICKLE or kind != "Queue"  # items carry a stamp, for which XML has no form


def identity_of(proxy: Any, ask: Callable[..., Any]) -> Identity:
    """The identity of the object behind a proxy.

    Args:
        proxy: The proxy.
        ask: Calls a method of the object.
    """
    typeid = proxy._token.typeid
    if isinstance(typeid, TypeId):
        return typeid.identity
    address, number = proxy._token.address, proxy._token.id
    place = address[1] if isinstance(address, tuple) else address  # one machine goes by several names
    kind, detail = _seen_from_outside(proxy, str(typeid), ask)
    if not can_carry(proxy._serializer, kind):
        kind = ""
    return Identity(kind, zlib.crc32(f"{place!r}+{number}".encode()) & HALF or 1, detail=detail)


def _seen_from_outside(proxy: Any, typeid: str, ask: Callable[..., Any]) -> tuple[str, int]:
    kind = next((kind for base, kind in _PROXIES if isinstance(proxy, base)), "")
    if kind or typeid in _PARTS:
        return kind or "part", UNKNOWN
    if isinstance(proxy, _library.AcquirerProxy) and typeid in _ACQUIRED:
        return typeid, UNKNOWN
    if typeid in _STANDARD_QUEUES and set(getattr(proxy, "_exposed_", ())) == _METHODS_OF_A_QUEUE:
        return "Queue", UNKNOWN
    try:
        kind, detail = ask(QUESTION)
    except (OSError, EOFError):
        raise  # nobody is there to ask, and the user's own call would be told the same
    except Exception:  # noqa: BLE001 - a server without the hooks says in its own way that it does not know
        return "", UNKNOWN
    return str(kind), int(detail)
