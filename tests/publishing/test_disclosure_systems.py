"""Systems of cells without SQL: what cannot be protected, what gives way, what elimination sees."""

import numpy as np
import pytest

from publishing.disclosure.choosing import protected
from publishing.disclosure.elimination import chosen_by_elimination
from publishing.disclosure.errors import DisclosureError
from publishing.disclosure.system import UNBOUNDED, Openness, System, sums_of


def system(values: list[int], sums: list[dict[int, int]], **arrays: list[int]) -> System:
    """Cells of these values; those under ten are hidden and stay open by five, unless `arrays` say otherwise."""
    value = np.array(values)
    n = len(value)
    entries = [(row, cell, sign) for row, members in enumerate(sums) for cell, sign in members.items()]
    rows, cells, signs = zip(*entries, strict=True)
    given = {name: np.array(numbers) for name, numbers in arrays.items()}
    low, high = given.pop("low", np.ones(n, dtype=int)), given.pop("high", np.full(n, UNBOUNDED))
    return System(
        value=value,
        low=low,
        high=high,
        need=given.pop("need", np.where(value < 10, 5, 0)),
        never_shown=np.zeros(n, dtype=bool),
        between=np.zeros(n, dtype=bool),
        hidden=value < 10,
        order=np.argsort(np.argsort(-value, kind="stable")),
        price=1.0 + value,
        twins=given.pop("twins", np.full(n, -1)),
        block=np.zeros(n, dtype=int),
        wide_low=given.pop("wide_low", low),
        wide_high=given.pop("wide_high", high),
        sums=sums_of(rows, cells, signs, len(sums), n),
    )


TOTAL = {0: 1, 1: -1, 2: -1, 3: -1}


def test_elimination_hides_the_smallest_sibling_and_no_more() -> None:
    chosen = chosen_by_elimination(system([139, 9, 60, 70], [TOTAL]))
    assert chosen.tolist() == [False, True, True, False]


def test_two_sums_that_only_together_give_a_number_away_are_seen() -> None:
    # rows a + b = 30, c + d = 40; columns a + c = 35, b + d = 35: with d hidden, three others are, or it is known
    values = [25, 5, 10, 30, 30, 40, 35, 35]
    sums = [{4: 1, 0: -1, 1: -1}, {5: 1, 2: -1, 3: -1}, {6: 1, 0: -1, 2: -1}, {7: 1, 1: -1, 3: -1}]
    chosen = chosen_by_elimination(system(values, sums))
    assert chosen[:4].all()
    assert not chosen[4:].any()


def test_every_table_of_the_proof_fits_and_together_they_are_wide_enough() -> None:
    whole = system([139, 4, 2, 133], [TOTAL])
    result = protected(whole)
    tables = np.array([*result.tables, np.zeros(4, dtype=int)])
    assert not (whole.sums @ tables.T).any()
    assert not tables[:, ~result.hidden].any()
    assert (whole.value + tables >= 1).all()
    assert (np.ptp(tables, axis=0)[[1, 2]] >= 5).all()


def test_twins_are_hidden_together() -> None:
    sums = [{0: 1, 1: -1, 2: -1, 3: -1}, {4: 1, 5: -1, 6: -1, 7: -1}]
    result = protected(system([139, 9, 60, 70, 139, 9, 60, 70], sums, twins=[0, 1, 2, 3, 0, 1, 3, 2]))
    assert (result.hidden[2], result.hidden[3]) == (result.hidden[7], result.hidden[6])
    assert result.hidden.sum() >= 4


def test_a_band_gives_way_where_nothing_else_will_do() -> None:
    # both bands at their low end, their total shown by another sum: only the bands can move, down to nothing
    narrow = system([8, 4, 4], [{0: 1, 1: -1, 2: -1}], low=[8, 4, 4], high=[8, 4, 4], need=[0, 2, 2],
                    wide_low=[0, 0, 0], wide_high=[60, 30, 30])  # fmt: skip
    result = protected(narrow)
    assert result.gave_way[[1, 2]].all()


def test_what_cannot_be_protected_is_refused() -> None:
    with pytest.raises(DisclosureError, match="stay open less wide"):
        protected(system([20, 2, 18], [{0: 1, 1: -1, 2: -1}], low=[20, 1, 1], high=[20, 3, 30]))


def test_sums_that_do_not_add_up_and_numbers_outside_their_bounds_are_refused() -> None:
    with pytest.raises(DisclosureError, match="1 sums do not add up"):
        protected(system([140, 9, 60, 70], [TOTAL]))
    with pytest.raises(DisclosureError, match="1 numbers are outside"):
        protected(system([139, 9, 60, 70], [TOTAL], high=[100, 50, 80, 80]))


def test_a_table_is_never_written_over_another() -> None:
    open_ = Openness.of(4)
    assert open_.add(np.array([0, 1]), np.array([5, -5]))
    assert open_.add(np.array([2, 3]), np.array([3, -3]))
    assert open_.add(np.array([0, 1, 2, 3]), np.array([-1, 1, 4, -4]))
    assert not open_.add(np.array([0, 1]), np.array([1, -1]))
    assert [table.tolist() for table in open_.tables] == [[5, -5, 3, -3], [-1, 1, 4, -4]]
    assert open_.width().tolist() == [6, 6, 4, 4]
