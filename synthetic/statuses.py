"""What changes in a child's life over the years: poverty, English learning, disability, housing, care."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthetic.population import POVERTY_SHARES, TRAITS, Children, Families, Flags, Floats, Ints

NEVER = 999


@dataclass(frozen=True)
class Statuses:
    """One school year's statuses, an entry per enrolled child; homelessness has days, others none."""

    flags: dict[str, Flags]
    homeless_start: Ints  # day of instruction, NEVER for those housed all year
    homeless_end: Ints


def poor_families(rng: np.random.Generator, families: Families, district: Ints) -> Flags:
    """Families that are economically disadvantaged this year: lasting for most, changing for some."""
    noise = rng.normal(0, 0.05, len(families))
    return families.poverty + noise < POVERTY_SHARES[district]


def draw(
    rng: np.random.Generator,
    families: Families,
    children: Children,
    child: Ints,
    grade: Ints,
    poor: Flags,
    homeless: Flags,
    foster: Flags,
) -> Statuses:
    """This year's statuses; `homeless` (families) and `foster` (children) hold last year's and change."""
    family = children.family[child]
    homeless[:] = rng.random(len(poor)) < np.where(poor, np.where(homeless, 0.35, 0.045), 0.002)
    entering = rng.random(len(foster)) < np.where(poor[children.family], 0.005, 0.0008)
    foster[:] = np.where(foster, rng.random(len(foster)) < 0.6, entering)
    all_year = rng.random(len(poor)) < 0.3
    start = np.where(homeless, np.where(all_year, 0, rng.integers(5, 170, len(poor))), NEVER)
    length = rng.integers(15, 120, len(poor))
    flags = {
        "economic_disadvantage": poor[family] | homeless[family] | foster[child],
        "english_learner": _english_learners(families, children, child, grade),
        "disability": _disabilities(children, child, grade),
        "homelessness": homeless[family],
        "foster_care": foster[child],
        "migrant": families.is_migrant[family],
        "military": families.is_military[family],
    }
    return Statuses(flags, start[family], (start + length)[family])


def _english_learners(families: Families, children: Children, child: Ints, grade: Ints) -> Flags:
    """Children of another home language until reclassified, one to thirteen years after kindergarten."""
    luck = trait(children, "english")[child]
    exit_grade = np.floor(1 + 12 * luck**1.7).astype(np.int64)
    return (families.language[children.family[child]] > 0) & (luck > 0.10) & (grade < exit_grade)


def _disabilities(children: Children, child: Ints, grade: Ints) -> Flags:
    """Identified between kindergarten and fourth grade, some of them declassified in the middle grades."""
    luck = trait(children, "disability")[child]
    share = 0.08 + 0.02 * np.minimum(grade, 4) - 0.02 * (grade >= 8)
    return luck < share


def trait(children: Children, name: str) -> Floats:
    """One trait of every child."""
    return children.trait[TRAITS.index(name)]
