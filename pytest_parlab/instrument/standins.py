"""An object that stands in for another as ``self`` in one call of a method of the library.

What a hook has to know is often decided in the middle of such a method, under a lock that it holds: which ``set``
made the flag true, which ``notify`` woke this process. So the library's own code runs, and meets a watched attribute
where the decision falls.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any


class StandIn:
    """Has every attribute of another object, some of them replaced; what is assigned goes to the other.

    Args:
        real: The object.
        instead: The attributes that are replaced.
    """

    def __init__(self, real: Any, **instead: Any) -> None:
        vars(self).update(instead, _parlab_real=real)

    def __getattr__(self, name: str) -> Any:
        return getattr(vars(self)["_parlab_real"], name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(vars(self)["_parlab_real"], name, value)

    def __enter__(self) -> Any:
        return vars(self)["_parlab_real"].__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> Any:
        return vars(self)["_parlab_real"].__exit__(kind, error, traceback)
