"""What is planted in the sectors beside schools: chances by circumstance, in points that add up, and rates
    of errors.

`chance_of` makes SQL of them; the circumstances are names of yes/no columns of the query it stands in. A
    planted
association never touches what schools report: where a service and a school result go together, the service
    is what was
drawn second.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Association:
    """Probability of an outcome: base + what circumstances add."""

    outcome: str
    base: float
    adds: MappingProxyType[str, float]


def _association(outcome: str, base: float, **adds: float) -> Association:
    return Association(outcome, base, MappingProxyType(adds))


ASSOCIATIONS = {
    one.outcome: one
    for one in (
        _association("low_birth_weight", 0.06, is_poor=0.025, is_black=0.04, is_twin=0.45),
        _association("early_prenatal_care", 0.83, is_poor=-0.13),
        _association("fully_immunized_by_two", 0.80, is_poor=-0.10),
        _association("well_child_visit_kept", 0.90, is_poor=-0.12),
        _association("tested_for_lead", 0.62, is_poor=0.16),
        _association("elevated_blood_lead", 0.015, is_poor=0.03),
        _association("developmental_concern", 0.09, is_low_birth_weight=0.15, is_poor=0.03),
        _association("in_prek_at_four", 0.38, is_poor=0.14),
        _association("in_prek_at_three", 0.12, is_poor=0.12),
        _association(
            "ready_for_kindergarten",
            0.46,
            was_in_prek=0.16,
            is_poor=-0.15,
            is_english_learner=-0.10,
            has_disability=-0.16,
            is_homeless=-0.08,
        ),
        _association("known_to_hmis_when_homeless", 0.62),
        _association("in_assisted_housing", 0.0, is_poor=0.30),
        _association("eviction_filed", 0.006, is_poor=0.045, is_homeless=0.15),
        _association("in_tutoring", 0.05, is_poor=0.10),
        _association("tutoring_session_attended", 0.62, is_proficient=0.22),
        _association("in_mentoring", 0.03, is_poor=0.05, is_homeless=0.08),
        _association("in_after_school_club", 0.10, is_poor=0.08),
        _association("employed_in_a_quarter", 0.66, is_in_college=-0.18),
    )
}

# Of those to whom it can happen and to whom nothing above it in the list did.
NAME_VARIANTS = {
    "transposed": 0.015,  # first name in the place of the last
    "nickname": 0.15,  # of those whose name has one
    "hyphenated": 0.03,  # of those without a hyphen: the other parent's name joined on
    "typo": 0.025,  # a letter of the last name left out
    "accents_dropped": 0.60,  # of those with an accent
}
BIRTH_DATE_VARIANTS = {"missing": 0.02, "day_and_month_swapped": 0.20, "wrong_year": 0.008}
TWINS_OF_BIRTHS = 1 / 30


def chance_of(outcome: str) -> str:
    """SQL of the probability of an outcome, from columns named like the circumstances."""
    planted = ASSOCIATIONS[outcome]
    points = "".join(f" + {add} * cast({name} as integer)" for name, add in planted.adds.items())
    return f"least(greatest({planted.base}{points}, 0), 0.99)"


def happens(outcome: str, key: str) -> str:
    """SQL of whether it happens to what `key` numbers."""
    return f"(chance({key}, '{outcome}') < {chance_of(outcome)})"
