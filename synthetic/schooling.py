"""Where children go to school, year by year: grades, schools, moves, transfers, drop-outs, graduation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthetic import effects, statuses
from synthetic.calendars import INSTRUCTION_DAYS
from synthetic.population import MALE, RIVER_CITY, TRAITS, Children, Families, Flags, Floats, Ints

# Elementary, middle and high schools of River City and of Lakeshore; schools are numbered in this order.
SCHOOL_COUNTS = np.array([[9, 4, 3], [5, 2, 1]])
SCHOOL_OFFSETS = np.concatenate([[0], SCHOOL_COUNTS.ravel().cumsum()])[:-1].reshape(2, 3)

EXIT_CODES = (
    None, "transferred_out", "graduated", "dropped_out", "emigrated", "deceased", "completed_other",
    "continuing",
)  # fmt: skip
NO_EXIT, TRANSFERRED, GRADUATED, DROPPED, EMIGRATED, DECEASED, COMPLETED_OTHER, CONTINUING = range(8)

NOT_YET, ENROLLED, GONE = 0, 1, 2


@dataclass(frozen=True)
class Year:
    """One school year: an entry per enrolled child, and per spell (uninterrupted enrolment at one school)."""

    school_year: int
    years: int  # since the first simulated year
    child: Ints
    grade: Ints
    status: statuses.Statuses
    circumstances: dict[str, Flags]
    moves: Ints  # how often the family has moved so far: decides the address
    spell_row: Ints  # index into `child`
    spell_school: Ints
    spell_start: Ints  # first day of instruction, 0..179
    spell_end: Ints  # first day no longer enrolled, 1..180
    spell_exit: Ints  # index into EXIT_CODES
    is_single: Flags  # whether the child has one spell only, per spell


@dataclass
class _Lives:
    """What changes from year to year while the simulation runs."""

    state: Ints
    grade: Ints
    district: Ints  # per family
    zone: Floats
    moves: Ints
    homeless: Flags
    foster: Flags


def school_of(district: Ints, zone: Floats, grade: Ints) -> Ints:
    """The school that serves a place: every level cuts the district into as many zones as it has schools."""
    level = (grade >= 6).astype(np.int64) + (grade >= 9)
    count = SCHOOL_COUNTS[district, level]
    return SCHOOL_OFFSETS[district, level] + np.minimum((zone * count).astype(np.int64), count - 1)


def district_of(school: Ints) -> Ints:
    """The district that a school belongs to."""
    return (school >= SCHOOL_OFFSETS[1, 0]).astype(np.int64)


def simulate(
    rng: np.random.Generator, families: Families, children: Children, first_year: int, n_years: int
) -> list[Year]:
    """Every school year in turn."""
    n = len(children)
    lives = _Lives(
        state=np.full(n, NOT_YET),
        grade=children.entry_grade.copy(),
        district=families.district.copy(),
        zone=families.zone.copy(),
        moves=np.zeros(len(families), np.int64),
        homeless=np.zeros(len(families), bool),
        foster=np.zeros(n, bool),
    )
    return [
        _simulate_year(rng, families, children, lives, first_year + offset, offset)
        for offset in range(n_years)
    ]


def _simulate_year(
    rng: np.random.Generator,
    families: Families,
    children: Children,
    lives: _Lives,
    school_year: int,
    years: int,
) -> Year:
    newcomer = (children.entry_year == school_year) & (lives.state == NOT_YET)
    lives.state[newcomer] = ENROLLED
    child = np.flatnonzero(lives.state == ENROLLED)
    family, grade = children.family[child], lives.grade[child]
    poor = statuses.poor_families(rng, families, lives.district)
    status = statuses.draw(rng, families, children, child, grade, poor, lives.homeless, lives.foster)
    circumstances = effects.circumstances_of(
        children.race_mask[child],
        children.is_hispanic[child],
        children.gender[child] == MALE,
        grade,
        status.flags,
    )
    start = np.zeros(len(child), np.int64)
    late = newcomer[child] & (children.entry_grade[child] > 0) & (years > 0) & (rng.random(len(child)) < 0.4)
    start[late] = rng.integers(5, 140, int(late.sum()))

    old_school = school_of(lives.district[family], lives.zone[family], grade)
    move_day = _move_families(rng, lives, poor)[family]
    new_school = school_of(lives.district[family], lives.zone[family], grade)
    end, exit_code = _leave(rng, children, child, family, grade, start, circumstances, years)
    moved = (new_school != old_school) & (move_day > start + 4) & (move_day < end - 4)
    # Who moved home before arriving or after leaving goes to one school only.
    school = np.where((new_school != old_school) & ~moved & (move_day <= start + 4), new_school, old_school)
    gap = ~moved & (start == 0) & (end == INSTRUCTION_DAYS) & (rng.random(len(child)) < 0.006)

    spells = _spells(rng, school, new_school, start, end, exit_code, moved, gap, move_day)
    last_school = np.where(moved, new_school, school)
    _end_year(rng, lives, child, family, grade, poor, end, exit_code, last_school, spells)
    return Year(school_year, years, child, grade, status, circumstances, lives.moves[family], *spells)


def _move_families(rng: np.random.Generator, lives: _Lives, poor: Flags) -> Ints:
    """Families that move home during the year; returns the day of the move, 999 for those who stay."""
    n = len(poor)
    moving = rng.random(n) < np.where(lives.homeless, 0.35, np.where(poor, 0.055, 0.02))
    day = np.where(moving, rng.integers(8, 170, n), 999)
    _relocate(rng, lives, moving)
    return day


def _relocate(rng: np.random.Generator, lives: _Lives, moving: Flags) -> None:
    """A new place in the same district for most, in the other one for some."""
    other = moving & (rng.random(len(moving)) < np.where(lives.district == RIVER_CITY, 0.10, 0.20))
    lives.district[other] = 1 - lives.district[other]
    lives.zone[moving] = rng.random(int(moving.sum()))
    lives.moves[moving] += 1


def _leave(
    rng: np.random.Generator,
    children: Children,
    child: Ints,
    family: Ints,
    grade: Ints,
    start: Ints,
    circumstances: dict[str, Flags],
    years: int,
) -> tuple[Ints, Ints]:
    """The first day each child is no longer enrolled, and why; families leave together, half in summer."""
    n = len(child)
    n_families = int(children.family.max()) + 1
    leaving = (rng.random(n_families) < 0.03)[family]
    summer = (rng.random(n_families) < 0.5)[family]
    leave_day = np.where(summer, INSTRUCTION_DAYS, rng.integers(12, 170, n_families)[family])
    abroad = (rng.random(n_families) < 0.08)[family]
    end = np.where(leaving, np.maximum(leave_day, start + 5), INSTRUCTION_DAYS)
    code = np.where(leaving, np.where(abroad, EMIGRATED, TRANSFERRED), NO_EXIT)

    dropping = ~leaving & (rng.random(n) < np.select([grade >= 11, grade >= 9], [0.015, 0.01], 0.0))
    end = np.where(dropping, np.maximum(rng.integers(20, 176, n), start + 5), end)
    code = np.where(dropping, DROPPED, code)

    finishing = (grade == 12) & (code == NO_EXIT)
    chance = effects.probability("graduating_from_twelfth_grade", years, circumstances, n)
    graduates = effects.happens(rng, chance, children.trait[TRAITS.index("completion")][child])
    fate = rng.random(n)
    failing = np.select([fate < 0.45, fate < 0.60], [DROPPED, COMPLETED_OTHER], NO_EXIT)  # the others repeat
    code = np.where(finishing, np.where(graduates, GRADUATED, failing), code)
    died = (code == NO_EXIT) & (rng.random(n) < 0.00012)
    return np.where(died, np.maximum(start + 5, 120), end), np.where(died, DECEASED, code)


def _spells(
    rng: np.random.Generator,
    school: Ints,
    new_school: Ints,
    start: Ints,
    end: Ints,
    exit_code: Ints,
    moved: Flags,
    gap: Flags,
    move_day: Ints,
) -> tuple[Ints, Ints, Ints, Ints, Ints, Flags]:
    """Rows, schools, first and last days, exits: two spells for children who moved or left and came back."""
    rows = np.arange(len(school))
    gap_start = rng.integers(20, 100, len(school))
    gap_end = gap_start + rng.integers(15, 60, len(school))
    same_district = district_of(school) == district_of(new_school)
    first_end = np.select([moved, gap], [move_day, gap_start], end)
    first_exit = np.select(
        [moved & same_district, moved | gap],
        [np.full_like(end, CONTINUING), np.full_like(end, TRANSFERRED)],
        exit_code,
    )
    second = np.flatnonzero(moved | gap)
    second_school = np.where(moved, new_school, school)[second]
    second_start = np.where(moved, move_day, gap_end)[second]
    return (
        np.concatenate([rows, second]),
        np.concatenate([school, second_school]),
        np.concatenate([start, second_start]),
        np.concatenate([first_end, end[second]]),
        np.concatenate([first_exit, exit_code[second]]),
        np.concatenate([~(moved | gap), np.zeros(len(second), bool)]),
    )


def _end_year(
    rng: np.random.Generator,
    lives: _Lives,
    child: Ints,
    family: Ints,
    grade: Ints,
    poor: Flags,
    end: Ints,
    exit_code: Ints,
    last_school: Ints,
    spells: tuple[Ints, Ints, Ints, Ints, Ints, Flags],
) -> None:
    """Promotion, retention, departures, summer moves; one to the other district shows as a transfer out."""
    gone = exit_code != NO_EXIT
    lives.state[child[gone]] = GONE
    repeats = rng.random(len(child)) < np.select(
        [grade == 12, grade == 9, grade == 0], [1.0, 0.05, 0.025], 0.012
    )
    lives.grade[child] = np.minimum(grade + ~repeats, 12)
    _relocate(rng, lives, rng.random(len(poor)) < np.where(poor, 0.09, 0.04))
    changes = ~gone & (lives.district[family] != district_of(last_school)) & (end == INSTRUCTION_DAYS)
    spell_row, _, _, spell_end, spell_exit, _ = spells
    spell_exit[changes[spell_row] & (spell_end == INSTRUCTION_DAYS)] = TRANSFERRED
