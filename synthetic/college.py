"""What becomes of graduates: enrolment in college year after year, changes of college, degrees."""

from __future__ import annotations

import numpy as np

from synthetic import outcomes
from synthetic.outcomes import Columns
from synthetic.population import Children, Flags, Ints
from synthetic.schooling import GRADUATED, Year

# code and branch, name, state, length in years, public or private
COLLEGES = (
    ("009101-00", "Riverbend Community College", "ST", "2", "Public"),
    ("009102-00", "State University Riverbend", "ST", "4", "Public"),
    ("009103-00", "Lakeshore College", "ST", "4", "Private"),
    ("009104-00", "State University Main", "ST", "4", "Public"),
    ("009105-01", "Valley Technical Institute", "ST", "L", "Private"),
    ("009106-00", "Prairie Community College", "SU", "2", "Public"),
    ("009107-00", "Northern University", "SU", "4", "Public"),
)
COLLEGE_SHARES = (0.34, 0.24, 0.08, 0.16, 0.05, 0.05, 0.08)
STATUSES = ("F", "Q", "H", "L", "W", "A")
STATUS_SHARES = (0.68, 0.06, 0.14, 0.07, 0.04, 0.01)
SHORT = np.array([college[3] != "4" for college in COLLEGES])
NO_COLLEGE = -1


def enrolments(rng: np.random.Generator, children: Children, years: list[Year]) -> tuple[Columns, Columns]:
    """Careers and graduates, two tables.

    Careers have a row per graduate and later school year: where enrolled in fall (NO_COLLEGE: not found),
    where moved to in January, the college of a degree reached. Graduates have the year they finished.
    """
    pieces, graduates = [], []
    for year in years:
        finished = year.spell_row[year.spell_exit == GRADUATED]
        starts = outcomes.happens(rng, children, year, "enrolling_in_college")[finished]
        graduates.append(
            {"child": year.child[finished], "graduation_year": np.full(len(finished), year.school_year)}
        )
        pieces += _careers(rng, year.child[finished], starts, year.school_year, years[-1].school_year)
    return outcomes.stacked(pieces) if pieces else _nothing(), outcomes.stacked(graduates)


def _careers(
    rng: np.random.Generator, child: Ints, starts: Flags, graduation_year: int, last: int
) -> list[Columns]:
    """The later school years of one graduating class."""
    n = len(child)
    college = np.where(starts, rng.choice(len(COLLEGES), n, p=COLLEGE_SHARES), NO_COLLEGE)
    terms, pieces = np.zeros(n, np.int64), []
    for school_year in range(graduation_year + 1, last + 1):
        delayed = (
            (college == NO_COLLEGE)
            & (terms == 0)
            & (rng.random(n) < 0.07)
            & (school_year > graduation_year + 1)
        )
        college = np.where(delayed, 0, college)
        enrolled = college != NO_COLLEGE
        terms += enrolled
        moving = enrolled & (rng.random(n) < 0.03)
        second = np.where(
            moving, (college + 1 + rng.integers(0, len(COLLEGES) - 1, n)) % len(COLLEGES), NO_COLLEGE
        )
        final = np.where(moving, second, college)
        needed = np.where(SHORT[final], 2, 4)
        degree = enrolled & (terms >= needed) & (rng.random(n) < 0.55)
        pieces.append(
            {
                "child": child,
                "school_year": np.full(n, school_year),
                "college": college,
                "second_college": second,
                "status": rng.choice(len(STATUSES), n, p=STATUS_SHARES),
                "degree_college": np.where(degree, final, NO_COLLEGE),
                "begin_offset": rng.integers(0, 9, n),
            }
        )
        stays = enrolled & ~degree & (rng.random(n) < 0.80)
        college = np.where(stays, final, NO_COLLEGE)
    return pieces


def _nothing() -> Columns:
    names = ("child", "school_year", "college", "second_college", "status", "degree_college", "begin_offset")
    return {name: np.zeros(0, np.int64) for name in names}
