"""geography_changes.csv: which schools, districts, ZIP codes and tracts had another code in years before."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Literal

from ingestion.configuration.tables import Filled, Row, Year
from ingestion.errors import ContractError
from ingestion.yaml_file import near_miss

# how the code of a residence is written
FORMS = {
    "zip": (re.compile(r"\d{5}"), "a ZIP code has five digits"),
    "tract": (re.compile(r"\d{11}"), "a census tract is written as its eleven-digit GEOID"),
}
Place = tuple[str, str]  # level and code


class GeographyChangeRow(Row):
    """A geography is called `geography_id` from a school year on, and was `former_id` in the years before."""

    geography_level: Literal["school", "district", "zip", "tract"]
    former_id: Filled
    geography_id: Filled
    first_year: Year

    @property
    def former(self) -> Place:
        return self.geography_level, self._as_published(self.former_id)

    @property
    def later(self) -> Place:
        return self.geography_level, self._as_published(self.geography_id)

    @property
    def codes(self) -> tuple[str, str]:
        return self.former_id, self.geography_id

    def identity(self) -> tuple[str, ...]:
        return self.former

    def _as_published(self, code: str) -> str:
        return code.lower() if self.geography_level == "school" else code


def malformed(level: str, code: str) -> str:
    """What is wrong with how a ZIP code or a census tract is written, or an empty text."""
    form, rule = FORMS.get(level, (re.compile(".*"), ""))
    return "" if form.fullmatch(code) else f"{rule}, '{code}' has another form"


def check_geography_change_row(row: GeographyChangeRow, partners: Collection[str]) -> str:
    for code in row.codes:
        if wrong := malformed(row.geography_level, code):
            return wrong
        partner, colon, number = code.partition(":")
        if row.geography_level == "school" and not (colon and number and number == number.strip()):
            return f"a school is written as partner:number, '{code}' has another form"
        if row.geography_level == "school" and partner not in partners:
            return f"no partner is called '{partner}'. {near_miss(partner, partners)}"
    if row.geography_level == "school" and len({code.split(":")[0] for code in row.codes}) > 1:
        return (
            "a school's two codes are of two partners. Name two codes of one; elsewhere it is another school"
        )
    if row.former == row.later:
        return "former_id and geography_id are the same. Name two codes"
    return ""


def circles(path: Path, rows: Iterable[GeographyChangeRow]) -> list[ContractError]:
    """A problem for each geography that would become what it was before, over one row or several."""
    rows = tuple(rows)
    later = {row.former: row.later for row in rows}
    found: dict[frozenset[Place], str] = {}
    for row in rows:
        seen = [row.former]
        while (following := later.get(seen[-1])) and following not in seen:
            seen.append(following)
        if following == row.former:
            found.setdefault(frozenset(seen), " to ".join(code for _, code in (*seen, row.former)))
    return [
        ContractError(
            f"the changes of a {min(places)[0]} go in a circle: {codes}",
            where=str(path),
            next_step="Take out one of the rows; the last code of a geography is followed by none",
        )
        for places, codes in found.items()
    ]


def last_codes(rows: Iterable[GeographyChangeRow]) -> list[tuple[str, str, str, int]]:
    """Level, former code, the code at the end of all later changes, and the first year of the first change.

    A code that was given to another geography before a row's year is not what the row's geography became.
    """
    changes = {row.former: row for row in rows}
    found = []
    for row in changes.values():
        last = row
        while (following := changes.get(last.later)) and following.first_year > last.first_year:
            last = following
        found.append((*row.former, last.later[1], row.first_year))
    return found
