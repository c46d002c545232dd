"""Who lives in Riverbend: families with an address, their children with names, births, races and traits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthetic.names import FEMALE_NAMES, MALE_NAMES, NEUTRAL_NAMES, SURNAMES

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# The order of the bits in a race mask; partners spell them their own way.
RACES = (
    "american_indian_or_alaska_native",
    "asian",
    "black_or_african_american",
    "native_hawaiian_or_pacific_islander",
    "white",
)
BLACK = 1 << 2
# What each mask says, as codes joined with ';'.
RACE_SETS = tuple(
    ";".join(race for bit, race in enumerate(RACES) if mask & (1 << bit)) or None
    for mask in range(1 << len(RACES))
)
# The one group that each mask counts in, and the one of those who are Hispanic whatever their mask.
RACE_ETHNICITIES = (
    *("unknown" if races is None else "two_or_more_races" if ";" in races else races for races in RACE_SETS),
    "hispanic_or_latino",
)
RACE_SHARES = np.array([[0.012, 0.07, 0.33, 0.008, 0.58], [0.010, 0.06, 0.08, 0.004, 0.846]])
HISPANIC_SHARES = np.array([0.24, 0.09])
# How a Hispanic family answers the race question: mostly white, some nothing at all.
HISPANIC_RACES = np.array([0.06, 0.01, 0.09, 0.01, 0.83])
RACE_NOT_ANSWERED = 0.012
POVERTY_SHARES = np.array([0.52, 0.27])

FEMALE, MALE, NONBINARY = 0, 1, 2
RIVER_CITY, LAKESHORE = 0, 1
GRADES = 13  # kindergarten is 0, twelfth grade is 12
TRANSFERS_IN = 0.03  # of a year's children


@dataclass(frozen=True)
class Families:
    """One entry per family: it lives in one place at a time, its children share surname and address."""

    surname: Ints
    is_hispanic: Flags
    race_mask_1: Ints
    race_mask_2: Ints
    language: Ints
    is_military: Flags
    is_migrant: Flags
    poverty: Floats  # disadvantaged in a year when this plus noise is under the district's share
    district: Ints  # where the family lives before the first year
    zone: Floats  # place within the district, 0..1: decides the schools

    def __len__(self) -> int:
        return len(self.surname)


@dataclass(frozen=True)
class Children:
    """One entry per child who is ever enrolled."""

    family: Ints
    first_name: Ints
    middle_name: Ints
    gender: Ints
    birth_date: NDArray[np.datetime64]
    race_mask: Ints
    is_hispanic: Flags
    entry_year: Ints
    entry_grade: Ints
    state_number: Ints
    local_number: NDArray[np.int64]  # shape (2, children): each district numbers children its own way
    trait: Floats  # shape (traits, children), uniform: what persists of a child over the years

    def __len__(self) -> int:
        return len(self.family)


# What persists of a child from year to year; each is one row of `Children.trait`.
TRAITS = (
    "absence",
    "reading",
    "math",
    "marks",
    "conduct",
    "completion",
    "disability",
    "english",
    "foster",
    "college",
)


def make_families(rng: np.random.Generator, n: int) -> Families:
    """`n` families whose races, languages and poverty depend on their district."""
    district = (rng.random(n) >= 0.70).astype(np.int64)
    hispanic = rng.random(n) < HISPANIC_SHARES[district]
    first = _draw_races(rng, district, hispanic)
    other = np.where(rng.random(n) < 0.90, first, _draw_races(rng, district, rng.random(n) < 0.1))
    unanswered = rng.random(n) < np.where(hispanic, 0.12, RACE_NOT_ANSWERED)
    asian = (first & (1 << 1)) > 0
    language = np.where(hispanic & (rng.random(n) < 0.62), 1, 0)
    language = np.where(asian & (rng.random(n) < 0.55), rng.choice([2, 5, 6], n), language)
    language = np.where((language == 0) & (rng.random(n) < 0.025), rng.choice([3, 4], n), language)
    return Families(
        surname=rng.integers(0, len(SURNAMES), n),
        is_hispanic=hispanic,
        race_mask_1=np.where(unanswered, 0, first),
        race_mask_2=np.where(unanswered, 0, other),
        language=language,
        is_military=rng.random(n) < 0.02,
        is_migrant=rng.random(n) < 0.006,
        poverty=np.clip(rng.random(n) - 0.12 * hispanic - 0.14 * ((first & BLACK) > 0) + 0.09, 0, 1),
        district=district,
        zone=rng.random(n),
    )


def _draw_races(rng: np.random.Generator, district: Ints, hispanic: Flags) -> Ints:
    """One race bit per family, by district and ethnicity."""
    steps = np.where(hispanic[:, None], HISPANIC_RACES.cumsum(), RACE_SHARES.cumsum(axis=1)[district])
    draw = rng.random(len(district))[:, None]
    index = np.minimum((draw > steps).sum(axis=1), len(RACES) - 1)
    return (1 << index).astype(np.int64)


def make_children(
    rng: np.random.Generator, children_per_year: int, first_year: int, n_years: int
) -> tuple[Families, Children]:
    """All children of the simulated years: there at the start, kindergartners and newcomers of each year."""
    entry_year, entry_grade = _entries(rng, children_per_year, first_year, n_years)
    n = len(entry_year)
    family = _siblings(rng, n)
    families = make_families(rng, int(family.max()) + 1)
    gender = rng.choice([FEMALE, MALE, NONBINARY], n, p=[0.485, 0.510, 0.005])
    kindergarten_year = entry_year - entry_grade
    # Five years old by 1 September of the autumn in which kindergarten begins.
    new_year = (kindergarten_year - 6 - 1970).astype("datetime64[Y]").astype("datetime64[D]")
    youngest = new_year + np.timedelta64(243)
    birth_date = youngest - rng.integers(0, 365, n).astype("timedelta64[D]")
    two_races = families.race_mask_1[family] | families.race_mask_2[family]
    children = Children(
        family=family,
        first_name=rng.integers(0, 10_000, n),
        middle_name=rng.integers(0, 40, n),
        gender=gender,
        birth_date=_with_twins(birth_date, family, kindergarten_year),
        race_mask=two_races,
        is_hispanic=families.is_hispanic[family],
        entry_year=entry_year,
        entry_grade=entry_grade,
        state_number=4_000_000_003 + 7 * rng.permutation(n),
        local_number=np.stack([rng.permutation(n), rng.permutation(n)]) + 100_000,
        trait=rng.random((len(TRAITS), n)),
    )
    return families, children


def _with_twins(
    birth_date: NDArray[np.datetime64], family: Ints, kindergarten_year: Ints
) -> NDArray[np.datetime64]:
    """Birth dates where a family's children of one year are twins."""
    _, first, group = np.unique(family * 10_000 + kindergarten_year, return_index=True, return_inverse=True)
    return birth_date[first[group]]


def _entries(
    rng: np.random.Generator, children_per_year: int, first_year: int, n_years: int
) -> tuple[Ints, Ints]:
    """School year and grade in which each child first enrols in Riverbend."""
    per_grade = children_per_year / GRADES
    years = [np.full(children_per_year, first_year)]
    grades = [np.arange(children_per_year) % GRADES]
    for year in range(first_year + 1, first_year + n_years):
        kindergartners = round(per_grade)
        newcomers = round(TRANSFERS_IN * children_per_year)
        years.append(np.full(kindergartners + newcomers, year))
        grades.append(np.concatenate([np.zeros(kindergartners, int), rng.integers(1, GRADES, newcomers)]))
    return np.concatenate(years).astype(np.int64), np.concatenate(grades).astype(np.int64)


def _siblings(rng: np.random.Generator, n: int) -> Ints:
    """A family number per child: families of one to four children, siblings spread over the ages."""
    sizes = rng.choice([1, 2, 3, 4], n, p=[0.42, 0.37, 0.15, 0.06])
    family = np.repeat(np.arange(n), sizes)[:n]
    return rng.permutation(family)


def first_names(gender: Ints, draw: Ints) -> tuple[list[str], Ints]:
    """The list of all first names and each child's index in it."""
    names = [*FEMALE_NAMES, *MALE_NAMES, *NEUTRAL_NAMES]
    sizes = np.array([len(FEMALE_NAMES), len(MALE_NAMES), len(NEUTRAL_NAMES)])
    offsets = np.array([0, sizes[0], sizes[0] + sizes[1]])
    return names, offsets[gender] + draw % sizes[gender]
