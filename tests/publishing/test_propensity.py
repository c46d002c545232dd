"""Matching by propensity: a regression of a textbook, pairs and balance worked by hand, and an effect that is known."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from publishing.propensity import (
    CALIPER,
    Children,
    Comparison,
    caliper_of,
    compare,
    difference_error,
    nearest_pairs,
    participation_logits,
    standardized_difference,
)


def logit(share: float) -> float:
    return math.log(share / (1 - share))


def test_logits_of_groups_are_those_of_their_shares() -> None:
    """10 of 40 children of one kind took part, and 30 of 50 of the other."""
    kind = np.repeat([0.0, 1.0], [40, 50])
    took_part = np.concatenate([np.arange(40) < 10, np.arange(50) < 30])
    found = participation_logits(kind[:, None], took_part, prior_sd=math.inf)
    assert set(np.round(found[kind == 0], 6)) == {round(logit(10 / 40), 6)}
    assert set(np.round(found[kind == 1], 6)) == {round(logit(30 / 50), 6)}


def test_a_measure_has_the_slope_of_the_textbook() -> None:
    """Distress of O-rings by temperature: Dalal, Fowlkes and Hoadley (1989), JASA 84:945-957; 15.0429 - 0.2322 t."""
    temperatures = "66 70 69 68 67 72 73 70 57 63 70 78 67 53 67 75 70 81 76 79 75 76 58"
    distress = "0 1 0 0 0 0 0 0 1 1 1 0 0 1 0 0 0 0 0 0 1 0 1"
    measure = np.array(temperatures.split(), dtype=float)
    found = participation_logits(measure[:, None], np.array(distress.split()) == "1", prior_sd=math.inf)
    assert found == pytest.approx(15.0429 - 0.2322 * measure, abs=5e-3)


def test_a_kind_of_child_that_always_takes_part_does_not_run_to_infinity() -> None:
    kind = np.repeat([0.0, 1.0], [60, 20])
    found = participation_logits(kind[:, None], np.arange(80) >= 30)
    assert 1 < found[79] - found[0] < 10


def test_pairs_are_nearest_first_chosen_by_the_likeliest_and_used_once() -> None:
    #            likeliest, the next,  others
    logits = np.array([1.0, 0.8, 0.9, 0.7, 0.7, 3.0, -5.0])
    took_part = np.array([True, True, False, False, False, False, True])
    # of 0.9 both are 0.1 away and 1.0 comes first; then 0.8 has twice 0.7, and takes the first; -5 has nobody near
    assert nearest_pairs(logits, took_part, 0.15).tolist() == [[0, 2], [1, 3]]
    assert nearest_pairs(logits, took_part, 0.09).tolist() == []
    # one below and one above as far from it: the first row
    assert nearest_pairs(np.array([0.6, 0.4, 0.5]), np.array([False, False, True]), 0.2).tolist() == [[2, 0]]
    assert nearest_pairs(np.array([0.4, 0.6, 0.5]), np.array([False, False, True]), 0.2).tolist() == [[2, 0]]


def test_the_caliper_is_a_fifth_of_the_pooled_standard_deviation() -> None:
    # variances 1 and 4: the root of their mean is 1.5811
    logits = np.array([0.0, 2.0, 0.0, 4.0])
    assert caliper_of(logits, np.array([True, True, False, False])) == pytest.approx(0.2 * 1.58114, abs=1e-5)
    assert CALIPER == 0.2


def test_a_standardized_difference_and_the_error_of_pairs_by_hand() -> None:
    # shares 0.5 and 0.25: 0.25 over the root of (0.25 + 0.1875) / 2
    one, other = np.array([1.0, 0, 1, 0]), np.array([1.0, 0, 0, 0])
    assert standardized_difference(one, other) == pytest.approx(0.53452, abs=1e-5)
    assert standardized_difference(one, one[::-1]) == 0
    # 20 of each, 13 and 9 of them successful: 14 and 10 of 22
    assert difference_error(20, 13, 9) == pytest.approx(math.sqrt((14 * 8 + 10 * 12) / 22**3))
    assert difference_error(12, 0, 0) > 0


def children(
    grades: list[str], doses: list[str], success: list[bool], absent: list[float] | None = None
) -> Children:
    return Children(
        categories={"grade_level": np.array(grades, dtype=object)},
        share_absent_before=np.array(absent or [math.nan] * len(grades)),
        dosage=np.array(doses, dtype=object),
        is_success=np.array(success),
    )


def test_a_small_program_by_hand() -> None:
    """Two grades: children of one grade have one propensity, so each is beside the first free child of its grade."""
    grades = ["3", "3", "4", "3", "4", "4", "4", "3"]
    doses = ["low", "high", "middle", "", "", "", "", ""]
    success = [True, False, True, False, True, False, False, True]
    found = {one.dosage: one for one in compare(children(grades, doses, success))}
    # rows 0 and 1 have 3 and 7 of grade 3, in this order; row 2 has 4 of grade 4
    error = math.sqrt(2 * (3 / 5) * (2 / 5) / 5)  # two of three on both sides
    assert found["all"] == Comparison("all", 3, 3, 3, 2, 2 / 3, 2 / 3, pytest.approx(error), None, 0.0)
    told = {
        dose: (one.n_participants, one.participant_rate, one.comparison_rate) for dose, one in found.items()
    }
    assert told == {"all": (3, 2 / 3, 2 / 3), "low": (1, 1, 0), "middle": (1, 1, 1), "high": (1, 0, 1)}


def test_nobody_to_compare_with_is_no_comparison() -> None:
    assert compare(children(["3"], ["low"], [True])) == []
    assert compare(children(["3"], [""], [True])) == []


def test_balance_is_told_of_levels_and_of_absence() -> None:
    """Of two participants one is in grade 5, where nobody else is: that one has no pair, and the other a like one."""
    absent = [0.10, 0.30, 0.10, 0.20, 0.20, 0.0]
    program = children(["3", "5", "3", "4", "4", "4"], ["low", "low", "", "", "", ""], [True] * 6, absent)
    (all_of_it, low) = compare(program)
    assert (all_of_it.n_participants, all_of_it.n_matched, low.n_matched) == (2, 1, 1)
    assert (all_of_it.absence_before_points, all_of_it.largest_difference_sd) == (0.0, 0.0)


def simulated(n: int, effect: float) -> tuple[Children, NDArray[Any]]:
    """Children who miss more of school take part more often and read less well; who takes part, by `effect` better."""
    chance = np.random.default_rng(20251)
    absent = chance.beta(2, 12, n)
    grade = chance.integers(3, 6, n)
    takes_part = chance.random(n) < 1 / (1 + np.exp(3.2 - 9 * absent - 0.4 * (grade == 3)))
    reads = 0.75 - 1.6 * absent - 0.1 * (grade == 3)
    success = chance.random(n) < np.clip(reads + effect * takes_part, 0.02, 0.98)
    thirds = np.array(["low", "middle", "high"], dtype=object)[np.arange(n) % 3]
    dosage = np.where(takes_part, thirds, "")
    told = Children({"grade_level": grade.astype(str).astype(object)}, absent, dosage, success)
    return told, takes_part


def test_a_known_effect_is_recovered_where_the_plain_difference_hides_it() -> None:
    told, takes_part = simulated(8000, effect=0.10)
    plain = told.is_success[takes_part].mean() - told.is_success[~takes_part].mean()
    found = compare(told)[0]
    matched = found.participant_rate - found.comparison_rate
    assert plain < 0.04  # more than six points too little
    assert abs(matched - 0.10) < 2 * found.standard_error < 0.08
    assert abs(matched - 0.10) < abs(plain - 0.10) / 2
    assert found.n_matched > 0.9 * found.n_participants
    before = standardized_difference(
        told.share_absent_before[takes_part], told.share_absent_before[~takes_part]
    )
    assert before > 0.3
    assert found.largest_difference_sd < 0.1
