"""A file's headers under the names by which its contracts call them: other spellings, years within a name."""

import re
from collections.abc import Iterator, Sequence
from functools import cache

from ingestion.contracts.contract import Contract
from ingestion.readers.headers import folded

YEAR = "{year}"
# 2023, 2022-23, 2022/2023, 22-23, 22/23
_YEAR_TEXT = r"(?:\d{4}(?:\s?[-/_–]\s?\d{2,4})?|\d{2}\s?[-/_–]\s?\d{2})"


def as_declared(headers: Sequence[str], contracts: Sequence[Contract]) -> list[str]:
    """The headers, each renamed to what some contract calls it; those that none of them means stay.

    A contract means a header by its own name, by another spelling (`headers:`), by a name with `{year}` in
    it, which stands for any year, and with `loose_headers` by its letters and digits alone. What a name of
    its own means is never renamed.
    """
    exact = {folded(name) for contract in contracts for name in _named(contract)}
    there = {folded(header) for header in headers}
    other = _others(contracts)
    patterns = [(_pattern(name), target) for name, target in other.items() if YEAR in name]
    loose = _loose(contracts)
    renamed = []
    for header in headers:
        fold = folded(header)
        target = None if fold in exact else other.get(fold)
        if target is None and fold not in exact:
            target = next((target for pattern, target in patterns if pattern.fullmatch(fold)), None)
            target = target or loose.get(_letters(fold))
        renamed.append(header if target is None or folded(target) in there else target)
    return renamed


def _named(contract: Contract) -> Iterator[str]:
    yield from contract.file_headers
    yield from (name for name in contract.ignore if "*" not in name)


def _others(contracts: Sequence[Contract]) -> dict[str, str]:
    """Other spelling, folded -> the contract's name; a name with a year in it is one of itself."""
    found: dict[str, str] = {}
    for contract in contracts:
        found |= {folded(way): name for name, ways in contract.headers.items() for way in ways}
        found |= {folded(name): name for name in _named(contract) if YEAR in name}
    return found


def _loose(contracts: Sequence[Contract]) -> dict[str, str]:
    """Letters and digits of a name -> the name, for contracts that look at no more; not if two are alike."""
    found: dict[str, str | None] = {}
    for contract in contracts:
        if contract.loose_headers:
            spelled = [(way, name) for name, ways in contract.headers.items() for way in ways]
            for way, name in [*((name, name) for name in _named(contract)), *spelled]:
                known = found.setdefault(_letters(folded(way)), name)
                if known is not None and folded(known) != folded(name):
                    found[_letters(folded(way))] = None
    return {letters: name for letters, name in found.items() if name and letters}


def _letters(fold: str) -> str:
    return re.sub(r"[\W_]", "", fold)


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(_YEAR_TEXT.join(map(re.escape, name.split(YEAR))))
