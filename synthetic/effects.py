"""The gaps and trends planted in Riverbend: additive points per circumstance, so that their size is known.

What belongs here is the probability of an outcome, not how it then shows in days, scores or marks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from synthetic.population import Flags, Floats, Ints

# How much of a child's luck stays with the child from one year to the next.
PERSISTENCE = 0.65


@dataclass(frozen=True)
class Effect:
    """Probability of an outcome in a year: base + trend x years since the first + what circumstances add."""

    outcome: str
    trait: str
    base: float
    trend: float
    adds: MappingProxyType[str, float] = field(default_factory=lambda: MappingProxyType({}))


def _effect(outcome: str, trait: str, base: float, trend: float, **adds: float) -> Effect:
    return Effect(outcome, trait, base, trend, MappingProxyType(adds))


EFFECTS = {
    effect.outcome: effect
    for effect in (
        _effect(
            "chronically_absent", "absence", 0.12, -0.006, economic_disadvantage=0.13, homelessness=0.22,
            disability=0.05, foster_care=0.06, black_or_african_american=0.03, high_school=0.05,
        ),
        _effect(
            "proficient_in_reading", "reading", 0.66, 0.008, economic_disadvantage=-0.20,
            english_learner=-0.22, disability=-0.24, homelessness=-0.08, male=-0.06,
        ),
        _effect(
            "proficient_in_math", "math", 0.60, 0.012, economic_disadvantage=-0.21, english_learner=-0.14,
            disability=-0.22, homelessness=-0.08, hispanic_or_latino=-0.04,
        ),
        _effect(
            "on_track_in_ninth_grade", "marks", 0.86, 0.010, economic_disadvantage=-0.14, disability=-0.10,
            homelessness=-0.15, male=-0.05, english_learner=-0.06,
        ),
        _effect(
            "graduating_from_twelfth_grade", "completion", 0.955, 0.004, economic_disadvantage=-0.05,
            disability=-0.07, homelessness=-0.14, foster_care=-0.16, english_learner=-0.06,
        ),
        _effect(
            "suspended", "conduct", 0.025, -0.001, economic_disadvantage=0.03, disability=0.05,
            foster_care=0.07, black_or_african_american=0.05, male=0.025, middle_or_high_school=0.03,
        ),
        _effect(
            "enrolling_in_college", "college", 0.72, -0.006, economic_disadvantage=-0.20, disability=-0.16,
            english_learner=-0.15, male=-0.07,
        ),
    )
}  # fmt: skip


def probability(outcome: str, years: int, circumstances: dict[str, Flags], n: int) -> Floats:
    """Each child's probability of `outcome`, `years` after the first simulated year."""
    effect = EFFECTS[outcome]
    chance = np.full(n, effect.base + effect.trend * years)
    for circumstance, points in effect.adds.items():
        chance = chance + points * circumstances[circumstance]
    return np.clip(chance, 0.004, 0.985)


def happens(rng: np.random.Generator, chance: Floats, trait: Floats) -> Flags:
    """Whether it happens: exactly `chance` in the population, and correlated over the years of one child."""
    luck = np.where(rng.random(len(chance)) < PERSISTENCE, trait, rng.random(len(chance)))
    return luck < chance


def circumstances_of(
    race_mask: Ints, hispanic: Flags, male: Flags, grade: Ints, statuses: dict[str, Flags]
) -> dict[str, Flags]:
    """The circumstances that effects are stated for, one flag per child."""
    return {
        **statuses,
        "black_or_african_american": (race_mask == 1 << 2) & ~hispanic,
        "hispanic_or_latino": hispanic,
        "male": male,
        "high_school": grade >= 9,
        "middle_or_high_school": grade >= 6,
    }
