"""The attack finds leaks that were planted, and no others: worked by hand, and against every table there is."""

from __future__ import annotations

import itertools
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from small_release import ALL, Slot, SmallRelease, found, of

from publishing.attack.parts import Parts

EXAMPLES = int(os.environ.get("MILEPOST_EXAMPLES", "10"))
FEMALE, MALE, OTHER = (of("gender", name) for name in ("female", "male", "nonbinary"))
# 208 children; the nine are hidden, and 99 with them
SAFE = {ALL: (208, 104), FEMALE: (100, 50), MALE: (99, 49), OTHER: (9, 5)}
HIDDEN = {MALE, OTHER}


def test_two_hidden_siblings_that_are_far_apart_are_safe() -> None:
    report = SmallRelease().table(SAFE, HIDDEN).attacked()
    assert report.findings == ()
    assert (report.cells, report.shown, report.banded, report.hidden) == (4, 2, 0, 2)
    assert report.narrowest_n is not None
    assert report.narrowest_n >= 5
    assert report.equations > 0


def test_a_sibling_left_open_gives_the_other_away_and_is_named_with_its_sum() -> None:
    report = SmallRelease().table(SAFE, {OTHER}).attacked()
    assert ("gender nonbinary", "denominator") in found(report)
    text = str(report.findings[0])
    assert "absence (v1, annual) 2025 community riverbend gender nonbinary" in text
    assert "by the sum by gender of all all at community riverbend" in text
    assert "9" not in text.replace("2025", "")


def test_children_of_unknown_group_keep_it_open_where_they_are_known_to_be_there() -> None:
    with_unknown = {**SAFE, ALL: (215, 107), of("gender", "unknown"): (7, 3)}
    assert SmallRelease().table(with_unknown, {OTHER}).attacked().findings == ()
    # who does not know whether there are any cannot tell either
    assert SmallRelease().table(SAFE, {OTHER}).attacked(knows_rests=False).findings == ()


def test_no_child_of_unknown_group_above_means_none_below() -> None:
    """All of the community have a gender, so all of each school have: the sum of a school has no rest."""
    numbers: dict[Slot, tuple[int, int]] = {
        ALL: (400, 200),
        FEMALE: (200, 100),
        MALE: (191, 96),
        OTHER: (9, 4),
    }
    numbers[ALL] = (400, 200)
    small = SmallRelease()
    for school, (f, m) in {"a": (150, 30), "b": (50, 9)}.items():
        small.place("school", school, "community", "riverbend")
        numbers[of("all", "all", school, "school")] = (f + m, (f + m) // 2)
        numbers[of("gender", "female", school, "school")] = (f, f // 2)
        numbers[of("gender", "male", school, "school")] = (m, m // 2)
    numbers[ALL], numbers[MALE] = (239, 119), (39, 19)
    del numbers[OTHER]
    hidden = {of("gender", "male", "b", "school")}
    report = small.table(numbers, hidden).attacked(knows_rests=False)
    assert ("gender male", "denominator") in found(report)


@pytest.mark.parametrize("knows_rests", [True, False])
def test_two_markers_for_hidden_numbers(knows_rests: bool) -> None:
    small = SmallRelease().table(SAFE, HIDDEN)
    small.change(
        "update published.indicator_values set suppression = 'complementary' where subgroup = 'male'"
    )
    (finding,) = [f for f in small.attacked(knows_rests=knows_rests).findings if f.kind == "marker"]
    assert "more than one marker" in finding.how


def test_a_zero_printed_as_0() -> None:
    zero = {**SAFE, FEMALE: (100, 0), MALE: (99, 99)}
    zero[ALL] = (208, 104)
    assert SmallRelease().table(zero, HIDDEN).attacked().findings == ()
    small = SmallRelease().table(zero, HIDDEN)
    small.change(
        "update published.indicator_values set numerator = 0, value = 0, suppression = '' where subgroup = 'female'"
    )
    assert {f.kind for f in small.attacked().findings} == {"band"}


def test_a_group_under_the_minimum_and_a_hidden_row_that_holds_a_number() -> None:
    small = SmallRelease().table(SAFE, {MALE})
    assert "small group" in {f.kind for f in small.attacked().findings}
    small = SmallRelease().table(SAFE, HIDDEN)
    small.change("update published.indicator_values set value = 0.5 where subgroup = 'male'")
    assert "hidden row" in {f.kind for f in small.attacked().findings}


def test_without_a_count_a_rate_is_a_whole_percentage() -> None:
    """What is finer tells of how many children it is."""
    small = SmallRelease().table(SAFE, HIDDEN)
    shown = "update published.indicator_values set denominator = null, numerator = null, value = {} where suppression = ''"
    small.change(shown.format("round(value, 2)"))
    assert small.attacked().findings == ()
    small.change(shown.format("0.333"))
    assert {f.kind for f in small.attacked().findings} == {"hidden row"}
    small.change(shown.format("0.05"))
    assert small.attacked().findings == ()
    for near in ("0.0", "0.04", "0.96"):
        small.change(shown.format(near))
        assert {f.kind for f in small.attacked().findings} == {"band"}, near


def test_a_gap_computed_from_a_hidden_cell() -> None:
    small = SmallRelease().table(SAFE, HIDDEN)
    small.change(
        "create table published.indicator_gaps as select * exclude (numerator, value_low, value_high, suppression, value), "
        "null::double as value, 'total' as reference, 'all' as reference_subgroup, 0.5 as reference_value, "
        "100 * (5 / 9.0 - 0.5) as gap_points, null::double as ratio from published.indicator_values "
        "where subgroup = 'nonbinary'"
    )
    small.change("update published.indicator_gaps set denominator = 9")
    report = small.attacked()
    assert ("gender nonbinary", "denominator") in found(report)
    assert any("the table indicator_gaps tells of it" in str(f) for f in report.findings)


def test_a_rate_with_decimals_where_the_numerator_is_hidden() -> None:
    numbers = {ALL: (208, 104), FEMALE: (100, 98), MALE: (99, 3), OTHER: (9, 3)}
    assert SmallRelease().table(numbers, HIDDEN).attacked().findings == ()
    small = SmallRelease().table(numbers, HIDDEN)
    small.change("update published.indicator_values set value = 0.98 where subgroup = 'female'")
    report = small.attacked()
    assert ("gender female", "numerator") in found(report)
    assert any("its row holds a rate" in str(f) for f in report.findings)


def by_grade(smallest: int) -> dict[Slot, tuple[int, int]]:
    grades = {of("grade", str(i)): (40 + i, 20) for i in range(8)} | {
        of("grade", "0"): (smallest, smallest // 2)
    }
    return {ALL: (sum(n for n, _ in grades.values()), sum(x for _, x in grades.values())), **grades}


def test_a_version_that_shows_what_another_of_the_same_children_hides() -> None:
    numbers = by_grade(9)
    hidden, others = {of("grade", "0"), of("grade", "1")}, {of("grade", "0"), of("grade", "2")}
    safe = SmallRelease().table(numbers, hidden).table(numbers, hidden, version="v2")
    assert safe.attacked().findings == ()
    report = SmallRelease().table(numbers, hidden).table(numbers, others, version="v2").attacked()
    assert ("grade 0", "denominator") in found(report)
    assert any("of which absence v2 annual shows a part" in str(f) for f in report.findings)


def test_tables_that_agree_in_what_they_show_but_not_in_truth_tell_nothing_of_each_other() -> None:
    # one child is in grade 1 here and in grade 3 there; who hides these cannot be told from who does not
    numbers = by_grade(9)
    moved = numbers | {of("grade", "1"): (40, 20), of("grade", "3"): (44, 20)}
    here = {of("grade", "0"), of("grade", "1"), of("grade", "3")}
    small = (
        SmallRelease().table(numbers, here).table(moved, {of("grade", "0"), of("grade", "3")}, version="v2")
    )
    assert small.attacked().findings == ()
    # without the marts the attacker cannot know how wrong that guess is
    assert small.attacked(knows_rests=False).findings == ()


def test_one_child_more_in_another_table_is_a_guess() -> None:
    hidden = {of("grade", "0"), of("grade", "1")}
    small = SmallRelease().table(by_grade(9), hidden).table(by_grade(10), (), version="v2")
    assert small.attacked().findings == ()
    report = small.attacked(guesses=True)
    assert ("grade 0", "denominator") in found(report)
    assert any("absence v2 annual shows it, of nearly the same children" in str(f) for f in report.findings)


def test_a_table_of_those_of_whom_another_is_true() -> None:
    """96 of 100 went to college, which is a band; another table has the 96 as its children."""
    groups = [of("gender", name) for name in "abcd"]
    went = {groups[0]: (100, 96), groups[1]: (90, 60), groups[2]: (200, 104), groups[3]: (150, 80)}
    stayed = {groups[0]: (96, 50), groups[1]: (60, 30), groups[2]: (104, 52), groups[3]: (80, 40)}
    went[ALL], stayed[ALL] = (540, 340), (340, 172)
    small = SmallRelease().table(went, {}).table(stayed, {}, indicator="persistence")
    report = small.attacked()
    assert found(report) == {("gender a", "numerator")}
    assert "persistence v1 annual counts those children" in str(report.findings[0])
    # hidden with another group it tells nothing
    hidden = SmallRelease().table(went, {groups[1]}).table(stayed, groups[:2], indicator="persistence")
    assert hidden.attacked().findings == ()
    # and of how many data came says nothing of a child
    small = SmallRelease().table(went, {}).table(stayed, {}, indicator="persistence")
    small.change("create table published.indicators as select 'absence' as indicator_id, true as is_coverage")
    assert small.attacked().findings == ()


def test_whoever_counts_the_same_children_does_not_tell_that_it_is_true_of_all_of_them() -> None:
    """All 540 are in reach of a teacher, which is a band; that another table counts the 540 says nothing of it."""
    sizes = {of("gender", "a"): 100, of("gender", "b"): 90, of("gender", "c"): 200, of("gender", "d"): 150}
    sizes[ALL] = 540
    all_of_them = SmallRelease().table({slot: (n, n) for slot, n in sizes.items()})
    report = all_of_them.table({slot: (n, n // 2) for slot, n in sizes.items()}, version="v2").attacked()
    assert report.findings == ()
    assert (report.shown, report.banded, report.hidden) == (5, 5, 0)


def test_pairs_whose_sums_are_safe_one_by_one_and_not_together() -> None:
    """Three by three: of each row and column two are hidden, so the six of them move together, by one amount.

    Three grow where the other three shrink. The one of 1 child cannot shrink, the one of 3 not by more than 2, and
    they are in no sum together.
    """
    sizes = {(0, 0): 30, (0, 1): 30, (1, 1): 1, (1, 2): 40, (2, 2): 50, (2, 0): 3}
    numbers: dict[Slot, tuple[int, int]] = {}
    for i, j in itertools.product(range(3), range(3)):
        n = sizes.get((i, j), 80)
        numbers[of("race_x_gender", f"r{i}|g{j}")] = (n, n // 2)
    for i in range(3):
        row = [numbers[of("race_x_gender", f"r{i}|g{j}")] for j in range(3)]
        column = [numbers[of("race_x_gender", f"r{j}|g{i}")] for j in range(3)]
        numbers[of("race", f"r{i}")] = (sum(n for n, _ in row), sum(x for _, x in row))
        numbers[of("gender", f"g{i}")] = (sum(n for n, _ in column), sum(x for _, x in column))
    numbers[ALL] = (
        sum(numbers[of("race", f"r{i}")][0] for i in range(3)),
        sum(numbers[of("race", f"r{i}")][1] for i in range(3)),
    )
    hidden = {of("race_x_gender", f"r{i}|g{j}") for i, j in sizes}
    report = SmallRelease().table(numbers, hidden).attacked()
    assert {("race_x_gender r1|g1", "denominator"), ("race_x_gender r2|g0", "denominator")} <= found(report)
    assert any("together with" in str(f) for f in report.findings)


def test_one_late_child_in_a_year_shown_before() -> None:
    small = SmallRelease().table(SAFE, HIDDEN).table(SAFE, HIDDEN, into="past.r0001")
    small.change("delete from true_cells where denominator is null")
    assert small.attacked(past=True, knows_rests=False).findings == ()
    late = {**SAFE, ALL: (209, 105), FEMALE: (101, 51)}
    small = SmallRelease().table(late, HIDDEN).table(SAFE, HIDDEN, into="past.r0001")
    findings = small.attacked(past=True, knows_rests=False).findings
    assert {(f.kind, f.subgroup) for f in findings} == {
        ("earlier release", "all all"),
        ("earlier release", "gender female"),
    }
    assert "release r0001" in findings[0].how


@pytest.mark.parametrize(
    ("then", "now", "step", "minimum", "is_told"),
    [
        (44, 46, None, 10, True),
        (40, 50, 10, 10, False),  # of 35 to 44 and 45 to 54: one child more, or nineteen
        (40, 50, 10, 20, True),
        (40, 50, 10, 19, False),
        (10, 20, 10, 10, False),
        (10, 20, 10, 15, True),  # of 10 to 14, whatever the minimum was then, and 15 to 24: fourteen at most
    ],
)
def test_rounded_numbers_beside_those_of_an_earlier_release(
    then: int, now: int, step: int | None, minimum: int, is_told: bool
) -> None:
    small = SmallRelease().table({ALL: (now, now // 2)}).table({ALL: (then, then // 2)}, into="past.r0001")
    small.change(f"""
        create table published.disclosure_rules as select 'riverbend' as community_id,
            {minimum} as minimum_denominator;
        alter table published.indicator_values add column rounded_to integer;
        alter table past.r0001 add column rounded_to integer
    """)
    if step:
        for table in ("published.indicator_values", "past.r0001"):
            small.change(
                f"update {table} set rounded_to = {step}, numerator = null, value = null, value_low = 0.4, "
                "value_high = 0.6, suppression = 'rounded'"
            )
    findings = small.attacked(past=True, knows_rests=False).findings
    assert [f.kind for f in findings if f.kind == "earlier release"] == ["earlier release"] * is_told
    assert not [f for f in findings if f.kind == "small group"]


@pytest.mark.parametrize(
    ("now", "is_told"),
    [
        ((208, 104), False),
        ((208, 106), True),  # two were corrected
        ((220, 116), True),  # twelve came, and of all of them it is true
        ((220, 105), True),
        ((250, 125), False),
    ],
)
def test_results_beside_those_of_an_earlier_release(now: tuple[int, int], is_told: bool) -> None:
    small = SmallRelease().table({ALL: now}).table({ALL: (208, 104)}, into="past.r0001")
    findings = small.attacked(past=True, knows_rests=False).findings
    assert [f.kind for f in findings] == ["earlier result"] * is_told


@pytest.mark.parametrize(("then", "is_found"), [((41, 3), True), ((40, 3), False)])
def test_what_an_earlier_release_showed_is_not_hidden_by_hiding_it_now(
    then: tuple[int, int], is_found: bool
) -> None:
    """Of nearly the same children it tells the result of now; of just these it did so already, by other rules."""
    grades = {of("grade", str(i)): (40 + i, 20) for i in range(8)}
    numbers = {ALL: (sum(n for n, _ in grades.values()), 143), **grades, of("grade", "0"): (40, 3)}
    before = {**numbers, of("grade", "0"): then, ALL: (numbers[ALL][0] + then[0] - 40, 143)}
    small = SmallRelease().table(before, into="past.r0001")
    small.change("delete from true_cells")
    small.table(numbers, {of("grade", "0"), of("grade", "1")})
    small.change(
        f"update past.r0001 set numerator = 3, value = 3 / {then[0]}, suppression = '' where subgroup = '0'"
    )
    report = small.attacked(past=True)
    assert (("grade 0", "numerator") in found(report)) == is_found
    assert any("release r0001 showed it" in str(f) for f in report.findings) == is_found


def test_what_a_release_that_is_no_longer_kept_showed_is_told_too() -> None:
    """Nine beside a total are found; that they were told of long ago, by rules of then, is known of the record."""
    small = SmallRelease().table(SAFE, into="past.r0001")
    small.change("alter table past.r0001 add column rounded_to integer; delete from true_cells")
    small.change("update past.r0001 set numerator = 5, value = 5 / 9, suppression = '' where denominator = 9")
    small.table(SAFE, {OTHER})
    assert ("gender nonbinary", "denominator") in found(small.attacked())
    assert small.attacked(ever="past.r0001").findings == ()
    # another child than then is news
    small.change("update past.r0001 set denominator = 10 where subgroup = 'nonbinary'")
    assert ("gender nonbinary", "denominator") in found(small.attacked(ever="past.r0001"))


def test_numbers_that_contradict_each_other_are_no_proof_of_anything() -> None:
    small = SmallRelease().table({**SAFE, ALL: (50, 25)}, HIDDEN)
    (finding,) = small.attacked().findings
    assert "absence 2025: its published numbers contradict each other" in str(finding)


def test_what_did_not_change_is_not_attacked_again() -> None:
    small = SmallRelease().table(SAFE, HIDDEN).table(SAFE, HIDDEN, year=2024)
    first = small.attacked()
    again = small.attacked(kept=first.units)
    assert (first.attacked, again.attacked) == (2, 0)
    assert again.narrowest_n == first.narrowest_n
    small.change(
        "update published.indicator_values set numerator = 51, value = .51 where subgroup = 'female' and school_year = 2024"
    )
    assert small.attacked(kept=first.units).attacked == 1


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.data())
def test_the_attack_finds_what_trying_every_table_finds(data: st.DataObject) -> None:
    """Two by three groups with their totals; every pair of whole tables n and x that fits what is shown is tried."""
    cells = [(i, j) for i in range(2) for j in range(3)]
    n = {cell: data.draw(st.sampled_from([1, 2, 3, 4, 6, 12, 30])) for cell in cells}
    x = {cell: data.draw(st.integers(0, n[cell])) for cell in cells}
    masks = {ALL: cells}
    masks |= {of("a", f"a{i}"): [c for c in cells if c[0] == i] for i in range(2)}
    masks |= {of("b", f"b{j}"): [c for c in cells if c[1] == j] for j in range(3)}
    masks |= {of("a_x_b", f"a{i}|b{j}"): [(i, j)] for i, j in cells}
    numbers = {slot: (sum(n[c] for c in part), sum(x[c] for c in part)) for slot, part in masks.items()}
    small = {slot for slot, (many, _) in numbers.items() if many < 10}
    hidden = small | set(data.draw(st.lists(st.sampled_from(sorted(numbers)), max_size=3)))
    hidden -= {ALL}
    if ALL in small:
        return
    tables = _every_table(masks, numbers, hidden, cells)
    if tables is None:
        return
    report = SmallRelease().table(numbers, hidden).attacked()
    outright = {f.subgroup for f in report.findings if f.kind != "range"}
    assert not outright
    assert found(report) == _too_open(masks, numbers, hidden, *tables)


def _every_table(
    masks: dict[Slot, list[tuple[int, int]]],
    numbers: dict[Slot, tuple[int, int]],
    hidden: set[Slot],
    cells: list[tuple[int, int]],
    most: int = 3_000_000,
) -> tuple[np.ndarray, np.ndarray] | None:
    """All (n, x) over the cells that fit; None where they are too many to try."""
    shown = [slot for slot in masks if slot not in hidden]
    sums = np.array([[cell in masks[slot] for cell in cells] for slot in masks], dtype=int)
    rows = dict(zip(masks, sums, strict=True))
    top = [min(numbers[slot][0] for slot in shown if cell in masks[slot]) for cell in cells]
    known = {
        index: numbers[of("a_x_b", f"a{i}|b{j}")][0]
        for index, (i, j) in enumerate(cells)
        if of("a_x_b", f"a{i}|b{j}") in shown
    }
    spans = [range(known[i], known[i] + 1) if i in known else range(1, top[i] + 1) for i in range(len(cells))]
    if np.prod([len(span) for span in spans], dtype=float) > most:
        return None
    ns = np.array(list(itertools.product(*spans)))
    for slot in shown:
        ns = ns[ns @ rows[slot] == numbers[slot][0]]
    all_n, all_x = [], []
    for one in ns:
        if np.prod(one + 1.0) * len(ns) > 20 * most:
            return None
        xs = np.stack(np.meshgrid(*[np.arange(k + 1) for k in one], indexing="ij"), -1).reshape(
            -1, len(cells)
        )
        for slot in shown:
            many, true = numbers[slot]
            r, got = max(4, many // 20), xs @ rows[slot]
            if true <= r:
                xs = xs[got <= r]
            elif many - true <= r:
                xs = xs[got >= many - r]
            else:
                xs = xs[got == true]
        all_n.append(np.broadcast_to(one, xs.shape))
        all_x.append(xs)
    return np.concatenate(all_n), np.concatenate(all_x)


def _too_open(
    masks: dict[Slot, list[tuple[int, int]]],
    numbers: dict[Slot, tuple[int, int]],
    hidden: set[Slot],
    ns: np.ndarray,
    xs: np.ndarray,
) -> set[tuple[str, str]]:
    cells = [(i, j) for i in range(2) for j in range(3)]
    opened = set()
    for slot, part in masks.items():
        row = np.array([cell in part for cell in cells], dtype=int)
        n, x = ns @ row, xs @ row
        r = max(4, n.min() // 20)
        label = f"{slot[2]} {slot[3]}"
        if slot in hidden:
            if np.ptp(n) < 3 and numbers[slot][0] < 10:  # a third of the minimum
                opened.add((label, "denominator"))
            for values, name in (
                (x, "numerator"),
                (n - x, "number of the others (denominator less numerator)"),
            ):
                if np.ptp(values) < 2 and (
                    numbers[slot][0] < 10
                    or min(numbers[slot][1], numbers[slot][0] - numbers[slot][1])
                    <= max(4, numbers[slot][0] // 20)
                ):
                    opened.add((label, name))
        elif min(numbers[slot][1], numbers[slot][0] - numbers[slot][1]) <= r and np.ptp(x) < 2:
            opened.add((label, "numerator"))
    return opened


def test_what_is_whole_of_a_solution_in_fractions_is_a_table() -> None:
    """Two sums that share nothing: one moves by one, the other by halves."""
    matrix = csr_array(np.array([[1, 1, 0, 0, 0], [0, 0, 1, 1, 1]]))
    first = np.array([4.0, 6.0, 1.0, 2.0, 3.0])
    parts = Parts(matrix, np.zeros(5, int), first)
    solution = first + np.array([1, -1, 1, -0.5, -0.5])
    assert parts.whole(solution).tolist() == [5, 5, 1, 2, 3]


def test_a_block_has_no_table_before_a_solution_is_whole_there() -> None:
    matrix = csr_array(np.array([[1, 1, 0, 0], [0, 0, 1, 1]]))
    parts = Parts(matrix, np.array([0, 0, 1, 1]))
    table = parts.whole(np.array([1.5, 2.5, 3.0, 4.0]))
    assert np.isnan(table[:2]).all()
    assert table[2:].tolist() == [3, 4]
    assert parts.whole(np.array([1.0, 3.0, 3.5, 3.5])).tolist() == [1, 3, 3, 4]
