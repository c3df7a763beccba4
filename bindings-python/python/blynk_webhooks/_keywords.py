"""Keywords that a constructor does not know, refused by name and with the one that was meant."""

from __future__ import annotations

from functools import wraps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    Init = TypeVar("Init", bound=Callable[..., None])


def refuse_unknown(refuse: Callable[[dict[str, Any]], object]) -> Callable[[Init], Init]:
    """Hands unknown keywords of an ``__init__`` to ``refuse``, which raises; the signature stays as it is written."""

    def decorate(init: Init) -> Init:
        known = (init.__kwdefaults__ or {}).keys() | {"base_url"}

        @wraps(init)
        def checked(*arguments: Any, **keywords: Any) -> None:
            if unknown := {name: value for name, value in keywords.items() if name not in known}:
                refuse(unknown)
            init(*arguments, **keywords)

        return checked  # type: ignore[return-value]

    return decorate
