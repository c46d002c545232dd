"""What SQL lint renders in place of dbt's adapter: a dispatched macro as a call of the same name."""

from collections.abc import Callable


def dispatch(name: str) -> Callable[..., str]:
    return lambda first, *_: f"{name}({first})"
