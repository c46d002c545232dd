"""The school calendar: 180 days of instruction a year, and the collections that cut it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

INSTRUCTION_DAYS = 180
ANNUAL = "annual"
# Last day of instruction that an interim collection knows about.
INTERIM_CUTS = {"fall": 45, "winter": 90, "spring": 135}
CUTS = {**INTERIM_CUTS, ANNUAL: INSTRUCTION_DAYS}


@dataclass(frozen=True)
class Collection:
    """One collection of one school year, and how many days of instruction it covers."""

    school_year: int
    name: str

    @property
    def cut(self) -> int:
        return CUTS[self.name]

    @property
    def label(self) -> str:
        """The school year as River City writes it: 2024-25."""
        return f"{self.school_year - 1}-{self.school_year % 100:02d}"


def collections(first_year: int, n_years: int, interim_years: int) -> list[Collection]:
    """Every collection in the order in which it falls due."""
    last = first_year + n_years - 1
    return [
        Collection(year, name)
        for year in range(first_year, last + 1)
        for name in CUTS
        if name == ANNUAL or year > last - interim_years
    ]


def instruction_dates(school_year: int) -> NDArray[np.datetime64]:
    """The dates of the 180 days of instruction: weekdays from late August without the winter break."""
    autumn = school_year - 1
    start = np.datetime64(f"{autumn}-08-18")
    days = np.arange(start, np.datetime64(f"{school_year}-07-15"))
    winter_break = (days >= np.datetime64(f"{autumn}-12-21")) & (
        days <= np.datetime64(f"{school_year}-01-03")
    )
    return days[np.is_busday(days) & ~winter_break][:INSTRUCTION_DAYS]
