"""Partners' codes as SQL: from a conformed code to what a partner writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def coded(column: str, codes: Mapping[str, str]) -> str:
    """SQL that turns a conformed code into the partner's; NULL stays NULL."""
    cases = " ".join(f"when '{conformed}' then '{code}'" for conformed, code in codes.items())
    return f"case {column} {cases} end"


def coded_list(column: str, lists: Iterable[str | None], codes: Mapping[str, str], separator: str) -> str:
    """The same where `column` holds one of `lists`, codes joined with ';'; the partner has a `separator`."""
    return coded(
        column, {one: separator.join(codes[code] for code in one.split(";")) for one in lists if one}
    )


def known(entity: str, extract: str, school_year: int, collection: str) -> str:
    """FROM clause: the facts of one delivery."""
    return (
        f"fact_{entity} where extract_id = cast('{extract}' as extract_name) and school_year = {school_year}"
        f" and collection = cast('{collection}' as collection_name)"
    )


IDENTITY = "source_id as _source, true_person_id as _person, is_single as _single"
