"""The vault of this home, for the commands that look into it or write decisions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@contextmanager
def opened_vault(*, writing: bool = False) -> Iterator[DuckDBPyConnection]:
    """The vault of this home; to write it, this process waits until no refresh is on."""
    from identity.vault import open_vault
    from orchestration.bars import Bars
    from orchestration.settings import prepare_environment
    from orchestration.writer import one_writer

    home = prepare_environment()
    if writing:
        with one_writer(home, Bars()), open_vault(home) as con:
            yield con
    else:
        with open_vault(home, read_only=True) as con:
            yield con
