"""What a school year brings each child: days absent, test scores, course marks, incidents and diplomas.

Every function returns columns of equal length, ready to become a table; `child` numbers the children.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthetic import effects
from synthetic.calendars import CUTS, INSTRUCTION_DAYS
from synthetic.population import LAKESHORE, RIVER_CITY, TRAITS, Children, Flags, Ints
from synthetic.schooling import COMPLETED_OTHER, GRADUATED, Year, district_of

Columns = dict[str, NDArray]

STATE_TEST_DAY, BENCHMARK_DAYS, LITERACY_DAY, ADMISSIONS_DAY = 160, (20, 90, 150), 80, 140
SUBJECTS = ("reading", "math")
ACTIONS = ("in_school_suspension", "out_of_school_suspension", "expulsion", "other")
MARKS = ("a", "b", "c", "d", "f", "pass", "incomplete", "withdrawn")
SUBJECT_AREAS = ("english", "math", "science", "social_studies", "other", "other")
DIPLOMAS = ("regular", "alternative", "equivalency", "certificate")
TERM_DAYS = {"S1": 85, "S2": 175}
NO_SPELL = -1


def happens(rng: np.random.Generator, children: Children, year: Year, outcome: str) -> Flags:
    """Whether a planted outcome happens to each child of the year."""
    chance = effects.probability(outcome, year.years, year.circumstances, len(year.child))
    trait = children.trait[TRAITS.index(effects.EFFECTS[outcome].trait)][year.child]
    return effects.happens(rng, chance, trait)


def spell_on(year: Year, day: int) -> Ints:
    """The index of the spell each child is in on a day of instruction, or NO_SPELL."""
    spell = np.full(len(year.child), NO_SPELL)
    current = np.flatnonzero((year.spell_start <= day) & (day < year.spell_end))
    spell[year.spell_row[current]] = current
    return spell


def spells(rng: np.random.Generator, children: Children, year: Year) -> Columns:
    """Enrolments with days absent up to each cut of the calendar; Lakeshore counts half days."""
    n = len(year.child)
    chronic = happens(rng, children, year, "chronically_absent")
    rate = np.where(
        chronic, np.minimum(0.115 + rng.exponential(0.055, n), 0.75), 0.088 * rng.beta(1.6, 1.9, n)
    )
    rate[chronic & (rng.random(n) < 0.02)] = 0.10  # exactly on the line that most definitions draw
    spell_rate = rate[year.spell_row]
    steps = np.where(district_of(year.spell_school) == LAKESHORE, 2.0, 1.0)
    columns: Columns = {
        "child": year.child[year.spell_row],
        "grade": year.grade[year.spell_row],
        "school": year.spell_school,
        "start_day": year.spell_start,
        "end_day": year.spell_end,
        "exit_code": year.spell_exit,
        "is_single": year.is_single,
    }
    for name, cut in CUTS.items():
        days = np.clip(cut, year.spell_start, year.spell_end) - year.spell_start
        columns[f"days_{name}"] = days
        columns[f"absent_{name}"] = np.floor(spell_rate * days * steps + 0.5 + 1e-9) / steps
    return columns


def cut_score(subject: str, grade: Ints, school_year: int) -> Ints:
    """The state test's proficient score; the standard was raised by ten points in 2023."""
    return 400 + 20 * grade + 5 * (subject == "math") + 10 * (school_year >= 2023)


def state_scores(rng: np.random.Generator, children: Children, year: Year) -> Columns:
    """State test, grades 3 to 8: reading and math side by side, one row per child tested."""
    spell = spell_on(year, STATE_TEST_DAY)
    tested = (year.grade >= 3) & (year.grade <= 8) & (spell != NO_SPELL) & (rng.random(len(spell)) < 0.97)
    row = np.flatnonzero(tested)
    columns = _at(year, row, spell[row], STATE_TEST_DAY)
    for subject in SUBJECTS:
        proficient = happens(rng, children, year, f"proficient_in_{subject}")[row]
        distance = np.abs(rng.normal(0, 35, len(row))).astype(np.int64)
        cut = cut_score(subject, year.grade[row], year.school_year)
        score = np.where(proficient, cut + distance, cut - 1 - distance)
        columns[f"{subject}_score"] = score
        columns[f"{subject}_level"] = 1 + (score >= cut - 30) + (score >= cut) + (score >= cut + 30)
        columns[f"{subject}_proficient"] = proficient
    return columns


def benchmark_scores(rng: np.random.Generator, children: Children, year: Year) -> Columns:
    """River City's benchmark, grades 2 to 8: three seasons in a row per child and subject; 0 is not taken."""
    spell = spell_on(year, BENCHMARK_DAYS[-1])
    at_river_city = (spell != NO_SPELL) & (district_of(year.spell_school[spell]) == RIVER_CITY)
    row = np.flatnonzero(at_river_city & (year.grade >= 2) & (year.grade <= 8))
    tables = []
    for subject in SUBJECTS:
        columns = _at(year, row, spell[row], BENCHMARK_DAYS[-1])
        ability = 1 - children.trait[TRAITS.index(subject)][year.child[row]]
        columns["subject"] = np.full(len(row), SUBJECTS.index(subject))
        for number, day in enumerate(BENCHMARK_DAYS):
            score = (
                155
                + 6 * year.grade[row]
                + 3 * number
                + (40 * ability).astype(np.int64)
                + rng.integers(-4, 5, len(row))
            )
            taken = (year.spell_start[spell[row]] <= day) & ((number == 2) | (rng.random(len(row)) < 0.97))
            columns[f"score_{number}"] = np.where(taken, score, 0)
        tables.append(columns)
    return stacked(tables)


def literacy_scores(rng: np.random.Generator, children: Children, year: Year) -> Columns:
    """Lakeshore's early literacy screening, kindergarten to grade 3."""
    spell = spell_on(year, LITERACY_DAY)
    at_lakeshore = (spell != NO_SPELL) & (district_of(year.spell_school[spell]) == LAKESHORE)
    row = np.flatnonzero(at_lakeshore & (year.grade <= 3))
    columns = _at(year, row, spell[row], LITERACY_DAY)
    ability = 1 - children.trait[TRAITS.index("reading")][year.child[row]]
    columns["score"] = (300 + 60 * year.grade[row] + 120 * ability + rng.normal(0, 15, len(row))).astype(
        np.int64
    )
    return columns


def admissions_scores(rng: np.random.Generator, children: Children, year: Year) -> Columns:
    """The college admissions test, taken by some of grade 11 and reported by its publisher."""
    spell = spell_on(year, ADMISSIONS_DAY)
    row = np.flatnonzero(
        (year.grade == 11) & (spell != NO_SPELL) & happens(rng, children, year, "enrolling_in_college")
    )
    columns = _at(year, row, spell[row], ADMISSIONS_DAY)
    for subject in SUBJECTS:
        ability = 1 - children.trait[TRAITS.index(subject)][year.child[row]]
        points = np.clip(380 + 260 * ability + rng.normal(0, 60, len(row)), 200, 800)
        columns[f"{subject}_score"] = (np.round(points / 10) * 10).astype(np.int64)
    return columns


def course_marks(rng: np.random.Generator, children: Children, year: Year) -> Columns:
    """Marks of two terms: four core courses in grades 6 to 8, and two more from grade 9, where credits begin.

    A ninth-grader who is on track fails at most one core course in one term, one who is not at least two.
    """
    on_track = happens(rng, children, year, "on_track_in_ninth_grade")
    luck = children.trait[TRAITS.index("marks")][year.child]
    slip = rng.random(len(luck)) < 0.15
    advanced = children.trait[TRAITS.index("math")][year.child] < 0.35
    tables = []
    for term, day in TERM_DAYS.items():
        spell = spell_on(year, day)
        for course, area in enumerate(SUBJECT_AREAS):
            row = np.flatnonzero((spell != NO_SPELL) & (year.grade >= (6 if course < 4 else 9)))
            mark = np.minimum((rng.random(len(row)) * 2.2 + luck[row] * 2.2).astype(np.int64), 3)
            if term == "S1" and area in ("english", "math"):
                mark[~on_track[row]] = MARKS.index("f")
            mark[~on_track[row] & (rng.random(len(row)) < 0.25)] = MARKS.index("f")
            mark[~on_track[row] & (course == 3) & (rng.random(len(row)) < 0.05)] = MARKS.index("incomplete")
            if term == "S2" and area == "science":
                mark[on_track[row] & slip[row]] = MARKS.index("f")
            if area == "other":
                special = rng.random(len(row))
                mark = np.select(
                    [special < 0.06, special < 0.07], [MARKS.index("pass"), MARKS.index("withdrawn")], mark
                )
            columns = _at(year, row, spell[row], day)
            columns |= {
                "course": np.full(len(row), course),
                "term": np.full(len(row), list(TERM_DAYS).index(term)),
                "mark": mark,
                "advanced": advanced[row],
            }
            tables.append(columns)
    return stacked(tables)


def incidents(rng: np.random.Generator, children: Children, year: Year) -> Columns:
    """Disciplinary actions; now and then two children share an incident."""
    suspended = happens(rng, children, year, "suspended")
    minor = ~suspended & (rng.random(len(suspended)) < 0.04)
    count = np.where(suspended, rng.geometric(0.68, len(suspended)), minor.astype(np.int64))
    row = np.repeat(np.arange(len(count)), count)
    first = np.concatenate([[True], row[1:] != row[:-1]]) if len(row) else np.zeros(0, bool)
    action = rng.choice(4, len(row), p=[0.46, 0.44, 0.012, 0.088])
    action = np.where(first & suspended[row], rng.integers(0, 2, len(row)), action)
    action = np.where(minor[row], ACTIONS.index("other"), action)
    start, end = (
        year.spell_start[row],
        year.spell_end[row],
    )  # the first spells stand in the order of the children
    day = start + (rng.random(len(row)) * (end - start)).astype(np.int64)
    order = np.lexsort((row, day, year.spell_school[row]))
    row, day, action = row[order], day[order], action[order]
    school = year.spell_school[row]
    shared = np.zeros(len(row), bool)
    shared[1:] = (
        (school[1:] == school[:-1])
        & (day[1:] == day[:-1])
        & (row[1:] != row[:-1])
        & (rng.random(len(row) - 1) < 0.5)
    )
    shared[2:] &= ~shared[1:-1]
    length = rng.integers(1, 6, len(row)).astype(float)
    removed = np.select(
        [action == 0, action == 1, action == 2], [np.ceil(length / 3), length - 0.5 * (length > 3), 45.0], 0.0
    )
    return {
        "child": year.child[row],
        "school": school,
        "day": day,
        "incident": 1 + np.cumsum(~shared),
        "action": action,
        "days_removed": removed,
        "is_single": year.is_single[row],
    }


def diplomas(rng: np.random.Generator, year: Year) -> Columns:
    """Diplomas of those who finish twelfth grade; some complete with an equivalency or a certificate."""
    finished = np.flatnonzero(np.isin(year.spell_exit, (GRADUATED, COMPLETED_OTHER)))
    luck = rng.random(len(finished))
    graduated = year.spell_exit[finished] == GRADUATED
    kind = np.select(
        [graduated & (luck < 0.95), graduated, luck < 0.5],
        [0, 1, 2],
        3,
    )
    return {
        "child": year.child[year.spell_row[finished]],
        "school": year.spell_school[finished],
        "day": np.full(len(finished), INSTRUCTION_DAYS - 1),
        "diploma": kind,
        "is_single": year.is_single[finished],
    }


def stacked(tables: list[Columns]) -> Columns:
    """Tables of the same columns, one below the other."""
    return {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}


def _at(year: Year, row: Ints, spell: Ints, day: int) -> Columns:
    """The columns that say who, where and when."""
    return {
        "child": year.child[row],
        "grade": year.grade[row],
        "school": year.spell_school[spell],
        "day": np.full(len(row), day),
        "is_single": year.is_single[spell],
    }
