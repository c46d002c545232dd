"""Disclosure control: rules worked out by hand, and an attack by separate code on random tables."""

import os

import duckdb
import pytest
from cell_tables import SHARES, make_cells, make_children, usual_plan
from disclosure_attack import attack_denominators, attack_numerators, read_districts, read_tables
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from publishing.disclosure import DisclosureError, protect

Cells = list[tuple[str, str, str, str, int, int]]
ALL = ("community", "riverbend", "all", "all")
# an attack on one random table takes seconds: a few at every change, many by night
EXAMPLES = int(os.environ.get("MILEPOST_EXAMPLES", "4"))


def protected(
    cells: Cells, *, minimum: int = 10, districts: dict[str, str] | None = None
) -> dict[tuple[str, ...], str]:
    """Per (geography level, geography, disaggregate, subgroup) the suppression of one indicator-year."""
    return {key: suppression for key, (suppression, *_) in protected_rows(cells, minimum, districts).items()}


def protected_rows(
    cells: Cells, minimum: int = 10, districts: dict[str, str] | None = None
) -> dict[tuple[str, ...], tuple[str, float | None, float | None]]:
    return protected_collections({"annual": cells}, minimum, districts)["annual"]


def protected_collections(
    collections: dict[str, Cells], minimum: int = 10, districts: dict[str, str] | None = None
) -> dict[str, dict[tuple[str, ...], tuple[str, float | None, float | None]]]:
    values = ", ".join(str((name, *cell)) for name, cells in collections.items() for cell in cells)
    with duckdb.connect() as con:
        con.execute(
            "create table source_cells as select 'riverbend' as community_id, 'i' as indicator_id, "
            "'v1' as definition_version, 2025 as school_year, 'final' as data_maturity, * from (values "
            f"{values}) as c(collection, geography_level, geography_id, disaggregate, subgroup, denominator, "
            "numerator)"
        )
        con.execute(
            "create table plan as select distinct community_id, geography_level, disaggregate, "
            f"{minimum} as minimum_denominator from source_cells"
        )
        con.execute("create table selection as select 'riverbend' as community_id, 'i' as indicator_id")
        con.execute(
            "create table school_districts (community_id varchar, school_id varchar, district_id varchar)"
        )
        for school, district in (districts or {}).items():
            con.execute("insert into school_districts values ('riverbend', ?, ?)", [school, district])
        protect(con)
        rows = con.execute(
            "select collection, geography_level, geography_id, disaggregate, subgroup, suppression, band_low, "
            "band_high from cell_suppression"
        ).fetchall()
    return {name: {row[1:5]: row[5:] for row in rows if row[0] == name} for name in collections}


def by_gender(*parts: tuple[str, int, int]) -> Cells:
    """One community: its total, and gender subgroups given as (subgroup, denominator, numerator)."""
    total = (*ALL, sum(n for _, n, _ in parts), sum(x for *_, x in parts))
    return [total, *(("community", "riverbend", "gender", name, n, x) for name, n, x in parts)]


def gender(result: dict[tuple[str, ...], str]) -> dict[str, str]:
    return {key[3]: suppression for key, suppression in result.items() if key[2] == "gender"}


def test_nothing_is_hidden_where_every_group_is_large() -> None:
    assert set(protected(by_gender(("female", 60, 30), ("male", 70, 40))).values()) == {""}


def test_a_group_under_the_minimum_is_hidden_and_so_is_its_smallest_sibling() -> None:
    result = protected(by_gender(("female", 60, 30), ("male", 70, 40), ("nonbinary", 9, 5)))
    assert result[ALL] == ""
    assert gender(result) == {"female": "suppressed", "male": "", "nonbinary": "suppressed"}


def test_ten_children_are_enough_and_nine_are_not() -> None:
    assert gender(protected(by_gender(("female", 10, 5), ("male", 70, 40))))["female"] == ""
    assert gender(protected(by_gender(("female", 9, 5), ("male", 70, 40))))["female"] == "suppressed"


def test_hidden_siblings_that_sum_to_less_than_the_minimum_take_one_more_with_them() -> None:
    # 4 + 5 = 9 hidden children would be known to be at most 8 each
    result = protected(by_gender(("a", 4, 2), ("b", 5, 2), ("c", 60, 30), ("d", 70, 40)))
    assert gender(result) == {"a": "suppressed", "b": "suppressed", "c": "suppressed", "d": ""}


def test_a_total_is_hidden_where_no_sibling_is_left() -> None:
    # of ten children in two groups each group has 1 to 9: eight wide, and a number under ten stays nine wide
    result = protected(by_gender(("female", 4, 2), ("male", 6, 3)))
    assert result[ALL] == "suppressed"
    assert gender(result) == {"female": "suppressed", "male": "suppressed"}
    # of eleven it has 1 to 10
    assert protected(by_gender(("female", 4, 2), ("male", 7, 3)))[ALL] == ""
    # and with a third group to hide, that one is hidden and not the total
    result = protected(by_gender(("female", 4, 2), ("male", 6, 3), ("nonbinary", 40, 20)))
    assert result[ALL] == ""
    assert set(gender(result).values()) == {"suppressed"}


def test_a_total_is_shown_beside_parts_that_hide_each_other() -> None:
    cells: Cells = [
        (*ALL, 69, 34),
        ("district", "east", "all", "all", 60, 30),
        ("district", "west", "all", "all", 9, 4),
    ]
    assert set(protected(cells).values()) == {"suppressed", ""}
    assert protected(cells)[ALL] == ""
    lonely: Cells = [(*ALL, 60, 30), ("school", "s1", "all", "all", 60, 30)]
    assert set(protected(lonely).values()) == {""}


def test_bands_begin_at_four_children_or_five_percent() -> None:
    assert gender(protected(by_gender(("a", 50, 5), ("b", 60, 30))))["a"] == ""
    assert gender(protected(by_gender(("a", 50, 4), ("b", 60, 4), ("c", 60, 30))))["a"] == "coded_low"
    assert gender(protected(by_gender(("a", 50, 46), ("b", 60, 56), ("c", 60, 30))))["a"] == "coded_high"
    # 5 % of 200 is 10
    assert gender(protected(by_gender(("a", 200, 10), ("b", 210, 9), ("c", 60, 30))))["a"] == "coded_low"
    assert gender(protected(by_gender(("a", 200, 11), ("b", 210, 99), ("c", 60, 30))))["a"] == ""


def test_a_band_says_the_share_that_the_rule_allows() -> None:
    rows = protected_rows(by_gender(("a", 50, 3), ("b", 60, 58), ("c", 90, 30)))
    assert rows["community", "riverbend", "gender", "a"] == ("coded_low", 0.0, 0.08)  # 4 of 50
    assert rows["community", "riverbend", "gender", "b"] == (
        "coded_high",
        pytest.approx(0.93),
        1.0,
    )  # 4 of 60 = 6.7 %
    assert rows[ALL] == ("", None, None)


def test_one_banded_numerator_hides_the_smallest_exact_sibling() -> None:
    # all and female shown would give the male numerator
    result = protected(by_gender(("female", 60, 30), ("male", 50, 3), ("nonbinary", 80, 40)))
    assert gender(result) == {"female": "suppressed", "male": "coded_low", "nonbinary": ""}


def test_two_bands_at_their_very_end_do_not_give_each_other_away() -> None:
    # all - c = 0 would say that neither a nor b has one
    result = protected(by_gender(("a", 50, 0), ("b", 60, 0), ("c", 80, 40), ("d", 90, 40)))
    assert result[ALL] == ""
    assert gender(result) == {"a": "coded_low", "b": "coded_low", "c": "suppressed", "d": ""}


def test_children_of_unknown_subgroup_are_not_published_but_count_as_a_hidden_cell() -> None:
    cells = by_gender(("female", 60, 30), ("male", 70, 40), ("unknown", 3, 1))
    assert gender(protected(cells)) == {"female": "suppressed", "male": ""}
    # a large unknown group could be published itself, so nothing is hidden for its sake
    cells = by_gender(("female", 60, 30), ("male", 70, 40), ("unknown", 30, 10))
    assert gender(protected(cells)) == {"female": "", "male": ""}


def test_a_subgroup_hidden_in_one_school_is_hidden_in_another_of_the_district_too() -> None:
    places = {"s1": 9, "s2": 40, "s3": 50}
    cells: Cells = [("school", school, "all", "all", n, n // 2) for school, n in places.items()]
    cells += [("district", "east", "all", "all", 99, 49), (*ALL, 99, 49)]
    result = protected(cells, districts=dict.fromkeys(places, "east"))
    assert [result["school", school, "all", "all"] for school in places] == ["suppressed", "suppressed", ""]
    assert result["district", "east", "all", "all"] == result[ALL] == ""


def test_indicators_that_count_the_same_children_share_what_is_hidden() -> None:
    with duckdb.connect() as con:
        make_children(con, 400, indicators=3, years=2)
        make_cells(con, usual_plan())
        report = protect(con)
    assert (report.indicator_years, report.populations) == (6, 2)
    assert report.cells == report.shown + report.coded + report.hidden_primary + report.hidden_complementary


def test_what_is_hidden_is_not_shown_of_nearly_the_same_children() -> None:
    # by itself fall would hide male, its smallest sibling, and the year, two girls later, female: 98 - 46 - 45 = 7
    fall = by_gender(("female", 45, 22), ("male", 46, 23), ("nonbinary", 7, 3))
    annual = by_gender(("female", 47, 23), ("male", 46, 23), ("nonbinary", 7, 3))
    both = protected_collections({"fall": fall, "annual": annual})
    hidden = {"female": "suppressed", "male": "suppressed", "nonbinary": "suppressed"}
    for result in both.values():
        assert gender({key: suppression for key, (suppression, *_) in result.items()}) == hidden
    # nine children more is too far apart to narrow a group under ten: each hides what it would by itself
    annual = by_gender(("female", 54, 27), ("male", 46, 23), ("nonbinary", 7, 3))
    both = protected_collections({"fall": fall, "annual": annual})
    assert [row[0] for key, row in sorted(both["fall"].items()) if key[3] != "all"] == [
        "suppressed",
        "",
        "suppressed",
    ]
    assert [row[0] for key, row in sorted(both["annual"].items()) if key[3] != "all"] == [
        "",
        "suppressed",
        "suppressed",
    ]


def test_a_group_just_under_the_minimum_hides_its_twin_just_above() -> None:
    fall = by_gender(("female", 45, 22), ("male", 46, 23), ("nonbinary", 9, 4))
    annual = by_gender(("female", 45, 22), ("male", 46, 23), ("nonbinary", 11, 5))
    both = protected_collections({"fall": fall, "annual": annual})
    assert both["annual"]["community", "riverbend", "gender", "nonbinary"][0] == "suppressed"


def test_the_same_cells_in_any_order_give_the_same_result() -> None:
    results = []
    for order in ("hash(subgroup, geography_id)", "hash(geography_id, disaggregate, 7)"):
        with duckdb.connect() as con:
            make_children(con, 300)
            make_cells(con, usual_plan())
            con.execute(f"create or replace table source_cells as from source_cells order by {order}")
            protect(con)
            results.append(con.execute("from cell_suppression order by all").fetchall())
    assert results[0] == results[1]


def test_parts_that_exceed_their_total_are_refused() -> None:
    cells = by_gender(("female", 60, 30), ("male", 70, 40))
    cells[0] = (*ALL, 120, 60)
    with pytest.raises(DisclosureError, match="do not add up, such as gender at community level"):
        protected(cells)


def test_a_minimum_under_ten_is_refused() -> None:
    with pytest.raises(DisclosureError, match=r"community riverbend, disclosure: minimum_denominator is 5\."):
        protected(by_gender(("female", 60, 30), ("male", 70, 40)), minimum=5)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10_000), children=st.sampled_from([30, 100, 200]), schools=st.integers(1, 3))
def test_no_single_sum_gives_a_hidden_number_away(seed: int, children: int, schools: int) -> None:
    with duckdb.connect() as con:
        con.execute("set threads = 1")
        make_children(con, children, seed=seed, schools=schools, districts=2, indicators=2)
        make_cells(con, {**usual_plan(), "community": ["all", *SHARES, "race_ethnicity_x_gender"]})
        protect(con)
        tables, district_of = read_tables(con), read_districts(con)
    for cells in tables.values():
        openings = attack_denominators(cells, district_of)
        small = {key for key, cell in cells.items() if cell.n < 10 and cell.suppression is not None}
        assert small <= {opening.key for opening in openings} | {ALL}
        for opening in openings:
            assert opening.width >= 9, opening
        for opening in attack_numerators(cells, district_of):
            # a number hidden for its own sake stays open by two children, one hidden for others' sake by one
            cell = cells[opening.key]
            own = cell.n <= 2 * max(4, cell.n // 20) or cell.n < 10 or cell.suppression != "suppressed"
            assert opening.width >= min(2 if own else 1, opening.reachable), opening
        for cell in cells.values():
            assert cell.n >= 10 or cell.suppression in ("suppressed", None)


def test_the_attack_finds_what_a_release_without_sibling_rules_gives_away() -> None:
    with duckdb.connect() as con:
        make_children(con, 400)
        make_cells(con, usual_plan())
        con.execute(
            "create table cell_suppression as select * exclude (denominator, numerator), "
            "if(denominator < 10, 'suppressed', '') as suppression from source_cells"
        )
        tables, district_of = read_tables(con), read_districts(con)
    (cells,) = tables.values()
    small = {key for key, cell in cells.items() if cell.n < 10 and cell.suppression is not None}
    assert small - {opening.key for opening in attack_denominators(cells, district_of)}


def test_what_no_community_has_selected_is_not_published() -> None:
    with duckdb.connect() as con:
        make_children(con, 200)
        make_cells(con, usual_plan())
        con.execute("update selection set community_id = 'another'")
        assert protect(con).cells == 0
        assert con.execute("select count(*) from cell_suppression").fetchone() == (0,)
