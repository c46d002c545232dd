"""Systems of cells without SQL: what cannot be protected, what gives way, what elimination sees."""

from dataclasses import replace

import numpy as np
import pytest

from publishing.disclosure.choosing import protected
from publishing.disclosure.elimination import chosen_by_elimination
from publishing.disclosure.errors import DisclosureError
from publishing.disclosure.reduction import reduction_of
from publishing.disclosure.system import UNBOUNDED, System, sums_of


def system(values: list[int], sums: list[dict[int, int]], **arrays: list[int]) -> System:
    """Cells of these values; those under ten are hidden and stay open by five, unless `arrays` say otherwise."""
    value = np.array(values)
    n = len(value)
    rows, cells, signs = _entries(sums)
    given = {name: np.array(numbers) for name, numbers in arrays.items()}
    low, high = given.pop("low", np.ones(n, dtype=int)), given.pop("high", np.full(n, UNBOUNDED))
    return System(
        value=value,
        low=low,
        high=high,
        need=given.pop("need", np.where(value < 10, 5, 0)),
        never_shown=np.zeros(n, dtype=bool),
        hidden=value < 10,
        order=np.argsort(np.argsort(-value, kind="stable")),
        price=1.0 + value,
        same=given.pop("same", np.arange(n)),
        wide_low=given.pop("wide_low", low),
        wide_high=given.pop("wide_high", high),
        sums=sums_of(rows, cells, signs, len(sums), n),
    )


def _entries(sums: list[dict[int, int]]) -> tuple[list[int], list[int], list[int]]:
    entries = [(row, cell, sign) for row, members in enumerate(sums) for cell, sign in members.items()]
    rows, cells, signs = zip(*entries, strict=True)
    return list(rows), list(cells), list(signs)


def chosen(whole: System) -> np.ndarray:
    return chosen_by_elimination(reduction_of(whole).reduced)


TOTAL = {0: 1, 1: -1, 2: -1, 3: -1}


def test_elimination_hides_the_smallest_sibling_and_no_more() -> None:
    hidden = chosen(system([139, 9, 60, 70], [TOTAL]))
    assert hidden.tolist() == [False, True, True, False]


def test_two_sums_that_only_together_give_a_number_away_are_seen() -> None:
    # rows a + b = 30, c + d = 40; columns a + c = 35, b + d = 35: with d hidden, three others are, or it is known
    values = [25, 5, 10, 30, 30, 40, 35, 35]
    sums = [{4: 1, 0: -1, 1: -1}, {5: 1, 2: -1, 3: -1}, {6: 1, 0: -1, 2: -1}, {7: 1, 1: -1, 3: -1}]
    hidden = chosen(system(values, sums))
    assert hidden[:4].all()
    assert not hidden[4:].any()


def test_every_table_of_the_proof_fits_and_together_they_are_wide_enough() -> None:
    whole = system([139, 4, 2, 133], [TOTAL])
    result = protected(whole)
    tables = np.array([*result.tables, np.zeros(4, dtype=int)])
    assert not (whole.sums @ tables.T).any()
    assert not tables[:, ~result.hidden].any()
    assert (whole.value + tables >= 1).all()
    assert (np.ptp(tables, axis=0)[[1, 2]] >= 5).all()


def test_numbers_that_are_known_to_be_equal_are_hidden_together_and_move_alike() -> None:
    sums = [{0: 1, 1: -1, 2: -1, 3: -1}, {4: 1, 5: -1, 6: -1, 7: -1}]
    values = [139, 9, 60, 70, 139, 9, 60, 70]
    result = protected(system(values, sums, same=[0, 1, 2, 3, 0, 1, 2, 3]))
    assert result.hidden[:4].tolist() == result.hidden[4:].tolist() == [False, True, True, False]
    assert all((table[:4] == table[4:]).all() for table in result.tables)


def test_equal_numbers_of_which_one_can_only_grow_if_the_other_shrinks_are_told() -> None:
    # the totals 0 and 3 are known, and so is 6, the others of both tables together
    sums = [{0: 1, 1: -1, 2: -1}, {3: 1, 4: -1, 5: -1}, {6: 1, 2: -1, 5: -1}]
    values = [60, 9, 51, 60, 9, 51, 102]
    low, high = [60, 1, 1, 60, 1, 1, 102], [60, 99, 99, 60, 99, 99, 102]
    result = protected(system(values, sums, low=low, high=high))
    tables = np.array([*result.tables, np.zeros(7, dtype=int)])
    assert not (sums_of(*_entries(sums), 3, 7) @ tables.T).any()
    assert (np.ptp(tables, axis=0)[[1, 4]] >= 5).all()
    with pytest.raises(DisclosureError):
        protected(system(values, sums, same=[0, 1, 2, 3, 1, 5, 6], low=low, high=high))


def test_tables_that_move_other_cells_become_one_where_there_is_room_for_both() -> None:
    # what is beyond the sum is 5 children: either part may grow by five, but not both of them
    sums = [{0: 1, 1: -1, 2: -1, 3: -1}]
    whole = system([100, 40, 55, 5], sums, need=[0, 0, 0, 0], low=[1, 1, 1, 0])
    whole = replace(
        whole, never_shown=np.array([False, False, False, True]), hidden=np.array([False, True, True, True])
    )
    reduced = reduction_of(whole).reduced
    assert (reduced.least.tolist(), reduced.size) == ([-5], 3)
    first, second = np.array([0, 5, 0]), np.array([0, 0, 5])
    assert len(reduced.packed([first, second])) == 2
    assert [table.tolist() for table in reduced.packed([first, -second])] == [[0, 5, -5]]


def test_where_linear_programs_have_halves_alone_an_integer_program_finds_whole_numbers() -> None:
    # x is a and b, a is c, and b is c and d: if x may grow by one alone and d is dear, all others grow by a half
    sums = [{0: 1, 1: -1, 2: -1}, {1: 1, 3: -1}, {2: 1, 3: -1, 4: -1}]
    values, x, d = [18, 4, 14, 4, 10], 0, 4
    whole = system(values, sums, need=[1, 0, 0, 0, 0], low=[18, 1, 1, 1, 1], high=[19, 99, 99, 99, 99])
    hidden = np.array([True, True, True, True, False])
    result = protected(replace(whole, hidden=hidden, price=np.array([1.0, 1.0, 1.0, 1.0, 1000.0])))
    assert result.hidden[d]
    assert {int(table[x]) for table in result.tables} == {1}


def test_a_band_gives_way_where_nothing_else_will_do() -> None:
    # both bands at their low end, their total shown by another sum: only the bands can move, down to nothing
    narrow = system([8, 4, 4], [{0: 1, 1: -1, 2: -1}], low=[8, 4, 4], high=[8, 4, 4], need=[0, 2, 2],
                    wide_low=[0, 0, 0], wide_high=[60, 30, 30])  # fmt: skip
    result = protected(narrow)
    assert result.gave_way[[1, 2]].all()


def test_what_cannot_be_protected_is_refused() -> None:
    with pytest.raises(DisclosureError, match="could be worked out"):
        protected(system([20, 2, 18], [{0: 1, 1: -1, 2: -1}], low=[20, 2, 1], high=[20, 2, 30]))


def test_what_cannot_be_as_open_as_it_should_is_as_open_as_it_can() -> None:
    result = protected(system([20, 2, 18], [{0: 1, 1: -1, 2: -1}], low=[20, 1, 1], high=[20, 3, 30]))
    tables = np.array([*result.tables, np.zeros(3, dtype=int)])
    assert result.narrow.tolist() == [False, True, False]
    assert np.ptp(tables, axis=0)[1] >= 1


def test_sums_that_do_not_add_up_and_numbers_outside_their_bounds_are_refused() -> None:
    with pytest.raises(DisclosureError, match="1 sums do not add up"):
        protected(system([140, 9, 60, 70], [TOTAL]))
    with pytest.raises(DisclosureError, match="1 numbers are outside"):
        protected(system([139, 9, 60, 70], [TOTAL], high=[100, 50, 80, 80]))
