"""Propensity scores: children of a program beside those in none who were as likely to be in it."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]
Pairs = NDArray[np.int64]

# of the pooled standard deviation of the logit: Austin (2011), Pharmaceutical Statistics 10:150-161
CALIPER = 0.2
# of a slope, so that a covariate that only participants have does not run to infinity, with measures divided
# by two standard deviations: Gelman, Jakulin, Pittau and Su (2008), Annals of Applied Statistics 2:1360-1383
PRIOR_SD = 2.5
DIGITS = 8  # of a logit


@dataclass(frozen=True)
class Children:
    """Participants of one program and children in none, all with a result: a row each, in a stable order."""

    categories: Mapping[str, NDArray[Any]]  # texts, none missing
    share_absent_before: Numbers  # NaN where nobody tells
    dosage: NDArray[Any]  # low, middle or high; empty for those in no program
    is_success: Flags

    @property
    def is_participant(self) -> Flags:
        return np.asarray(self.dosage != "", dtype=bool)


@dataclass(frozen=True)
class Comparison:
    """What participants of one dosage came to, beside their pairs; the error is of the difference."""

    dosage: str
    n_participants: int
    n_matched: int
    n_comparisons: int
    n_matched_successful: int
    participant_rate: float
    comparison_rate: float
    standard_error: float
    absence_before_points: float | None
    largest_difference_sd: float | None  # None where two means differ and nothing varies


def compare(children: Children) -> list[Comparison]:
    """A comparison of all participants and one of each third, of those that have a pair at all."""
    is_participant = children.is_participant
    if is_participant.all() or not is_participant.any():
        return []
    logits = participation_logits(_covariates(children), is_participant)
    pairs = nearest_pairs(logits, is_participant, caliper_of(logits, is_participant))
    found = []
    for dosage in ("all", "low", "middle", "high"):
        is_of_dosage = is_participant if dosage == "all" else children.dosage == dosage
        of_dosage = pairs[is_of_dosage[pairs[:, 0]]]
        if len(of_dosage):
            found.append(_compared(children, dosage, int(is_of_dosage.sum()), of_dosage))
    return found


def participation_logits(covariates: Numbers, is_participant: Flags, prior_sd: float = PRIOR_SD) -> Numbers:
    """The log odds of taking part of each row of `covariates` (children by columns), by logistic regression.

    Slopes have a normal prior around 0, of no weight where `prior_sd` is infinite; the intercept has none.
    """
    from scipy.optimize import minimize

    rows = np.column_stack([np.ones(len(covariates)), covariates])
    weights = np.full(rows.shape[1], 1 / prior_sd**2)
    weights[0] = 0
    took_part = is_participant.astype(float)

    def loss(slopes: Numbers) -> tuple[float, Numbers]:
        odds = rows @ slopes
        value = np.logaddexp(0, odds).sum() - took_part @ odds + weights @ slopes**2 / 2
        return float(value), rows.T @ (_probability(odds) - took_part) + weights * slopes

    def curvature(slopes: Numbers) -> Numbers:
        probability = _probability(rows @ slopes)
        return np.asarray((rows.T * (probability * (1 - probability))) @ rows + np.diag(weights))

    start = np.zeros(rows.shape[1])
    fitted = minimize(loss, start, jac=True, hess=curvature, method="trust-exact", options={"gtol": 1e-8})
    # children of whom the same is known have the same odds, however their rows were added up
    return np.round(rows @ fitted.x, DIGITS)


def caliper_of(logits: Numbers, is_participant: Flags) -> float:
    """The farthest that two of a pair may be from each other."""
    spread = math.sqrt((np.var(logits[is_participant]) + np.var(logits[~is_participant])) / 2)
    return CALIPER * spread


def nearest_pairs(logits: Numbers, is_participant: Flags, caliper: float) -> Pairs:
    """Rows of participants with the rows of their pairs, each child in one pair at most.

    Participants choose in order of falling logit, since fewest are like those, and take the nearest that is
    free within `caliper`; of equals the first row chooses, or is chosen.
    """
    free: dict[float, list[int]] = {}
    for row in np.flatnonzero(~is_participant)[::-1]:
        free.setdefault(float(logits[row]), []).append(int(row))  # the first row is the last of its list
    values = sorted(free)
    participants = np.flatnonzero(is_participant)
    pairs = []
    for row in participants[np.argsort(-logits[participants], kind="stable")]:
        logit = float(logits[row])
        place = bisect_left(values, logit)
        around = values[max(place - 1, 0) : place + 1]
        near = [(round(abs(value - logit), DIGITS), free[value][-1], value) for value in around]
        if not near or min(near)[0] > caliper:
            continue
        _, other, value = min(near)
        pairs.append((int(row), other))
        free[value].pop()
        if not free[value]:
            values.pop(bisect_left(values, value))
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def standardized_difference(one: Numbers, other: Numbers) -> float:
    """Difference of two means in standard deviations, without its sign.

    Austin (2009), Statistics in Medicine 28:3083-3107.
    """
    difference = abs(float(one.mean() - other.mean()))
    spread = math.sqrt((np.var(one) + np.var(other)) / 2)
    if difference < 1e-12:
        return 0.0
    return difference / spread if spread else math.inf


def difference_error(n_children: int, n_successful: int, n_others_successful: int) -> float:
    """Standard error of a difference of two proportions of as many children each, with two more on each side.

    Agresti and Caffo (2000), The American Statistician 54:280-288. What the pairs came to would make it
    smaller, but could be worked back from it: of how many pairs one child alone was successful, be it one.
    """
    n = n_children + 2
    rates = ((count + 1) / n for count in (n_successful, n_others_successful))
    return math.sqrt(sum(rate * (1 - rate) for rate in rates) / n)


def _probability(odds: Numbers) -> Numbers:
    return np.asarray(np.exp(-np.logaddexp(0, -odds)))


def _levels(children: Children) -> list[Numbers]:
    """A column of ones and zeros for each value of each category."""
    return [
        (told == level).astype(float) for told in children.categories.values() for level in sorted(set(told))
    ]


def _covariates(children: Children) -> Numbers:
    """Every level of every category, and the absence of the year before with whether it is known."""
    absent = children.share_absent_before
    is_known = ~np.isnan(absent)
    spread = 2 * np.std(absent[is_known]) if is_known.any() else 0.0
    measure = np.where(is_known, absent - absent[is_known].mean(), 0) / spread if spread else absent * 0
    columns = [*_levels(children), np.nan_to_num(measure), is_known.astype(float)]
    # what all have in common tells nobody from the others
    varying = [column for column in columns if column.min() < column.max()]
    return np.column_stack(varying) if varying else np.empty((len(absent), 0))


def _compared(children: Children, dosage: str, n_participants: int, pairs: Pairs) -> Comparison:
    participants, others = pairs.T
    success, success_of_others = children.is_success[participants], children.is_success[others]
    both = [children.share_absent_before[side] for side in (participants, others)]
    absent, absent_of_others = (side[~np.isnan(side)] for side in both)
    is_told = len(absent) > 0 and len(absent_of_others) > 0
    differences = [standardized_difference(level[participants], level[others]) for level in _levels(children)]
    if is_told:
        differences.append(standardized_difference(absent, absent_of_others))
    largest = max(differences, default=0.0)
    return Comparison(
        dosage=dosage,
        n_participants=n_participants,
        n_matched=len(pairs),
        n_comparisons=len(pairs),
        n_matched_successful=int(success.sum()),
        participant_rate=float(success.mean()),
        comparison_rate=float(success_of_others.mean()),
        standard_error=difference_error(len(pairs), int(success.sum()), int(success_of_others.sum())),
        absence_before_points=100 * float(absent.mean() - absent_of_others.mean()) if is_told else None,
        largest_difference_sd=largest if math.isfinite(largest) else None,
    )
