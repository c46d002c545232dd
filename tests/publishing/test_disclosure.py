"""Disclosure control: rules worked out by hand."""

import duckdb
import pytest
from cell_tables import make_cells, make_children, make_rules, usual_plan

from publishing.disclosure import DisclosureError, protect
from publishing.disclosure.checking import check_stage

Cells = list[tuple[str, str, str, str, int, int]]
Suppression = dict[tuple[str, ...], str]
ALL = ("community", "riverbend", "all", "all")


def write_cells(con: duckdb.DuckDBPyConnection, tables: dict[tuple[str, str], Cells]) -> None:
    """source_cells of indicator i, by (definition version, collection)."""
    values = ", ".join(str((*key, *cell)) for key, cells in tables.items() for cell in cells)
    con.execute(
        "create or replace table source_cells as select 'riverbend' as community_id, 'i' as indicator_id, "
        "2025::integer as school_year, 'final' as data_maturity, * from (values "
        f"{values}) as c(definition_version, collection, geography_level, geography_id, disaggregate, subgroup, "
        "denominator, numerator)"
    )


def protected_tables(
    tables: dict[tuple[str, str], Cells],
    *,
    minimum: int = 10,
    districts: dict[str, str] | None = None,
    rules: str = "",
) -> dict[tuple[str, str], Suppression]:
    """Per table, per (geography level, geography, disaggregate, subgroup) the suppression."""
    with duckdb.connect() as con:
        write_cells(con, tables)
        con.execute(
            "create table school_districts (community_id varchar, school_id varchar, district_id varchar)"
        )
        for school, district in (districts or {}).items():
            con.execute("insert into school_districts values ('riverbend', ?, ?)", [school, district])
        make_rules(con, minimum)
        con.execute(
            "create or replace table default_definitions as select 'i' as indicator_id, 'v1' as definition_version"
        )
        con.execute(rules or "select 1")
        protect(con)
        rows = con.execute(
            "select definition_version, collection, geography_level, geography_id, disaggregate, subgroup, "
            "suppression from cell_suppression"
        ).fetchall()
    return {key: {row[2:6]: row[6] for row in rows if row[:2] == key} for key in tables}


def protected(
    cells: Cells, *, minimum: int = 10, districts: dict[str, str] | None = None, rules: str = ""
) -> Suppression:
    key = ("v1", "annual")
    return protected_tables({key: cells}, minimum=minimum, districts=districts, rules=rules)[key]


def by_gender(*parts: tuple[str, int, int]) -> Cells:
    """One community: its total, and gender subgroups given as (subgroup, denominator, numerator)."""
    total = (*ALL, sum(n for _, n, _ in parts), sum(x for *_, x in parts))
    return [total, *(("community", "riverbend", "gender", name, n, x) for name, n, x in parts)]


def gender(result: Suppression) -> dict[str, str]:
    return {key[3]: suppression for key, suppression in result.items() if key[2] == "gender"}


def hidden(result: Suppression) -> set[str]:
    return {subgroup for subgroup, suppression in gender(result).items() if suppression == "suppressed"}


# ---- denominators ----------------------------------------------------------------------------------------
def test_nothing_is_hidden_where_every_group_is_large() -> None:
    assert set(protected(by_gender(("female", 60, 30), ("male", 70, 40))).values()) == {""}


def test_ten_children_are_enough_and_nine_take_the_smallest_sibling_along() -> None:
    assert hidden(protected(by_gender(("female", 10, 5), ("male", 70, 40)))) == set()
    result = protected(by_gender(("female", 60, 30), ("male", 70, 40), ("nonbinary", 9, 5)))
    assert (result[ALL], hidden(result)) == ("", {"female", "nonbinary"})


def test_ten_everywhere_and_one_child_missing() -> None:
    result = protected(by_gender(("a", 10, 5), ("b", 10, 5), ("c", 10, 5), ("d", 9, 5)))
    assert (result[ALL], len(hidden(result)), "d" in hidden(result)) == ("", 2, True)


def test_hidden_groups_that_leave_each_other_too_little_room_take_one_more_along() -> None:
    # of 4 + 5 = 9 each is 1 to 8, seven wide, where five are asked for; of 4 + 2 = 6 it is 1 to 5, four wide
    assert hidden(protected(by_gender(("a", 4, 2), ("b", 5, 2), ("c", 60, 30), ("d", 70, 40)))) == {"a", "b"}
    assert hidden(protected(by_gender(("a", 4, 2), ("b", 2, 1), ("c", 60, 30), ("d", 70, 40)))) == {
        "a",
        "b",
        "c",
    }


def test_a_total_is_hidden_where_no_sibling_is_left() -> None:
    result = protected(by_gender(("female", 3, 1), ("male", 11, 5)))
    assert (result[ALL], hidden(result)) == ("", {"female", "male"})
    alone = protected([*by_gender(("female", 6, 3)), ("school", "s1", "all", "all", 6, 3)])
    assert set(alone.values()) == {"suppressed"}


def test_a_district_of_one_school_hides_what_the_school_hides() -> None:
    parts = (("female", 60, 30), ("male", 70, 40), ("nonbinary", 9, 5))
    places = (("community", "riverbend"), ("district", "east"), ("school", "s1"))
    cells = [(*place, *cell[2:]) for place in places for cell in by_gender(*parts)]
    result = protected(cells, districts={"s1": "east"})
    for place in places:
        assert {key[3] for key, s in result.items() if key[:2] == place and s == "suppressed"} == {
            "female",
            "nonbinary",
        }


def test_a_subgroup_hidden_in_one_school_is_hidden_in_another_of_the_district_too() -> None:
    places = {"s1": 9, "s2": 40, "s3": 50}
    cells: Cells = [("school", school, "all", "all", n, n // 2) for school, n in places.items()]
    cells += [("district", "east", "all", "all", 99, 49), (*ALL, 99, 49)]
    result = protected(cells, districts=dict.fromkeys(places, "east"))
    assert [result["school", school, "all", "all"] for school in places] == ["suppressed", "suppressed", ""]
    assert result["district", "east", "all", "all"] == result[ALL] == ""


def test_children_of_unknown_subgroup_are_not_published_but_count_as_a_hidden_cell() -> None:
    assert hidden(protected(by_gender(("female", 60, 30), ("male", 70, 40), ("unknown", 3, 1)))) == {"female"}
    # a large unknown group could be published itself, so nothing is hidden for its sake
    assert hidden(protected(by_gender(("female", 60, 30), ("male", 70, 40), ("unknown", 30, 10)))) == set()


def test_a_group_and_one_that_it_implies_are_not_shown_if_few_are_in_the_second_alone() -> None:
    def flags(homeless: int) -> Cells:
        groups = {"homelessness": homeless, "economic_disadvantage": 60}
        rows = [
            (name, value, n, x)
            for name, yes in groups.items()
            for value, n, x in (("yes", yes, yes // 2), ("no", 200 - yes, 100 - yes // 2))
        ]
        return [(*ALL, 200, 100), *(("community", "riverbend", *row) for row in rows)]

    implied = (
        "insert into implications values ('riverbend', 'homelessness', 'yes', 'economic_disadvantage', 'yes')"
    )
    # 60 - 55 = 5 children are poor and not homeless
    assert "suppressed" not in protected(flags(55)).values()
    told = protected(flags(55), rules=implied)
    assert "suppressed" in {
        told["community", "riverbend", d, "yes"] for d in ("homelessness", "economic_disadvantage")
    }
    assert "suppressed" not in protected(flags(40), rules=implied).values()


def test_a_tract_inside_a_zip_code_is_not_shown_if_few_live_in_the_rest_of_it() -> None:
    def areas(inside: int) -> Cells:
        return [(*ALL, 200, 100), ("zip", "12345", "all", "all", 80, 40), ("zip", "12346", "all", "all", 120, 60),
                ("tract", "t1", "all", "all", inside, inside // 2), ("tract", "t2", "all", "all", 200 - inside, 100 - inside // 2)]  # fmt: skip

    def lying(*, school_year: int) -> str:
        homes = ", ".join(
            f"('riverbend', {school_year}, '{home}')"
            for home in ("12345', 't1", "12345', 't2", "12346', 't2")
        )
        return f"insert into residences values {homes};"

    lies = lying(school_year=2025)
    assert "suppressed" not in protected(areas(75)).values()
    assert "suppressed" in protected(areas(75), rules=lies).values()
    assert "suppressed" not in protected(areas(40), rules=lies).values()
    # where they lived in another year says nothing, and unties nothing
    assert "suppressed" not in protected(areas(75), rules=lying(school_year=2024)).values()
    moved = "insert into residences values ('riverbend', 2024, '12346', 't1')"
    assert "suppressed" in protected(areas(75), rules=lies + moved).values()


def test_what_is_protected_last_is_shown_before_larger_groups() -> None:
    cells = by_gender(("female", 60, 30), ("male", 70, 40), ("nonbinary", 9, 5))
    last = "insert into protected_last values ('riverbend', 'gender', 'female')"
    assert hidden(protected(cells, rules=last)) == {"male", "nonbinary"}


def test_rare_groups_that_are_folded_at_a_level_add_up_with_the_levels_above() -> None:
    def at(level: str, place: str, **sizes: int) -> Cells:
        return [(level, place, "all", "all", sum(sizes.values()), sum(n // 2 for n in sizes.values())),
                *((level, place, "race", race, n, n // 2) for race, n in sizes.items())]  # fmt: skip

    cells = at("school", "s1", asian=7, pacific=5, white=80) + at(
        "school", "s2", asian=6, pacific=6, white=90
    )
    cells += at("community", "riverbend", asian=13, pacific=11, white=170)
    fold = "insert into folds values ('riverbend', 'school', 'race', 'asian', 'other_groups'), ('riverbend', 'school', 'race', 'pacific', 'other_groups')"
    result = protected(cells, rules=fold)
    assert (
        result["school", "s1", "race", "other_groups"] == result["school", "s2", "race", "other_groups"] == ""
    )
    assert ("school", "s1", "race", "asian") not in result
    # without it, 7 asian children are hidden, and white ones with them
    assert protected(cells)["school", "s1", "race", "asian"] == "suppressed"


# ---- numerators ------------------------------------------------------------------------------------------
def test_bands_begin_at_four_children_or_five_percent() -> None:
    assert gender(protected(by_gender(("a", 50, 5), ("b", 60, 30))))["a"] == ""
    assert gender(protected(by_gender(("a", 50, 4), ("b", 60, 4), ("c", 60, 30))))["a"] == "coded_low"
    assert gender(protected(by_gender(("a", 50, 46), ("b", 60, 56), ("c", 60, 30))))["a"] == "coded_high"
    # 5 % of 200 is 10
    assert gender(protected(by_gender(("a", 200, 10), ("b", 210, 9), ("c", 60, 30))))["a"] == "coded_low"
    assert gender(protected(by_gender(("a", 200, 11), ("b", 210, 99), ("c", 60, 30))))["a"] == ""


def test_all_or_none_of_a_group_is_a_band_and_no_sum_tells_it() -> None:
    # all - female would be 0 of 70, or 70 of 70
    for x in (0, 70):
        result = protected(by_gender(("female", 60, 30), ("male", 70, x), ("nonbinary", 80, 40)))
        assert gender(result)["male"] == ("coded_low" if x == 0 else "coded_high")
        assert hidden(result) == {"female"}


def test_a_wider_band_and_no_band_are_a_communitys_choice() -> None:
    cells = by_gender(("a", 50, 6), ("b", 60, 30), ("c", 70, 30))
    assert gender(protected(cells, rules="update rules set band_smallest = 6"))["a"] == "coded_low"
    assert (
        gender(protected(cells, rules="update rules set band_smallest = 6, shows_bands = false"))["a"]
        == "suppressed"
    )


def test_two_bands_at_their_very_end_do_not_give_each_other_away() -> None:
    # all - c - d = 0 would say that neither a nor b has one
    result = protected(by_gender(("a", 50, 0), ("b", 60, 0), ("c", 80, 40), ("d", 90, 40)))
    assert result[ALL] == ""
    assert gender(result) == {"a": "coded_low", "b": "coded_low", "c": "suppressed", "d": ""}


# ---- tables that count the same children -----------------------------------------------------------------
def test_indicators_that_count_the_same_children_share_what_is_hidden() -> None:
    with duckdb.connect() as con:
        make_children(con, 400, indicators=3, years=1)
        make_cells(con, usual_plan())
        report = protect(con)
        shown_apart = con.execute(
            "select count(*) from (select 1 from protected inner join slot using (slot_id) where n < 10 "
            "group by slot_id having bool_or(suppression <> 'suppressed'))"
        ).fetchone()
    assert (report.indicator_years, report.populations, shown_apart) == (3, 1, (0,))
    assert report.cells == report.shown + report.coded + report.hidden_primary + report.hidden_complementary


# version v1 asks who enrolled, v2 what became of those; by hand: of group a four of 100 did not enroll, which is a
# band; of c 96 of 200; of d two, and two go on
ENROLLED = {"a": (100, 96, 50), "b": (90, 60, 30), "c": (200, 104, 52), "d": (200, 2, 2), "e": (150, 80, 40)}


def enrolled(rules: str = "") -> tuple[Suppression, Suppression]:
    of_all = by_gender(*((name, n, x) for name, (n, x, _) in ENROLLED.items()))
    of_them = by_gender(*((name, x, z) for name, (_, x, z) in ENROLLED.items()))
    both = protected_tables({("v1", "annual"): of_all, ("v2", "annual"): of_them}, rules=rules)
    return both["v1", "annual"], both["v2", "annual"]


def test_what_another_table_counts_is_not_shown_there_if_it_tells_of_few_here() -> None:
    of_all, of_them = enrolled()
    assert {"a", "d"} <= hidden(of_them)  # 96 of 100, and two children
    # a number hidden there is not shown here, not even as a band, nor the other way round
    for group in ENROLLED:
        assert (group in hidden(of_all)) == (group in hidden(of_them))
    assert not {"b", "c", "e"} <= hidden(of_them)


def test_of_a_small_group_those_whom_another_table_does_not_count_stay_open() -> None:
    # of a and b, who are hidden for being few, one child is not counted; as many could be with two at the least
    came = {"a": (3, 3), "b": (5, 4), "c": (25, 16), "d": (20, 11), "e": (54, 27)}
    everyone = by_gender(*((name, n, x) for name, (n, x) in came.items()))
    counted = by_gender(*((name, x, x // 2) for name, (_, x) in came.items()))
    result = protected_tables({("v1", "annual"): everyone, ("v2", "annual"): counted})
    either = hidden(result["v1", "annual"]) | hidden(result["v2", "annual"])
    assert {"a", "b"} <= either
    assert sum(n - x for name, (n, x) in came.items() if name in either) >= 2


def test_of_how_many_data_came_is_told_where_it_is_counted() -> None:
    _, of_them = enrolled("insert into coverages values ('i')")
    assert "d" in hidden(of_them)
    assert "a" not in hidden(of_them)


def test_a_group_that_nobody_counts_is_not_told_by_how_few_the_others_are_beyond_those_counted() -> None:
    # f is one child without data. The others are at least those who are counted, so that f is at most one more than
    # what the hidden groups have beyond those: a, b, ... have 3, 2, 2, 1 and 0, and five are needed
    came = {"a": (100, 97), "b": (90, 88), "c": (120, 118), "d": (80, 79), "e": (60, 60), "f": (1, 0)}
    everyone = by_gender(*((name, n, x) for name, (n, x) in came.items()))
    counted = by_gender(*((name, x, x // 2) for name, (_, x) in came.items() if x))
    result = protected_tables(
        {("v1", "annual"): everyone, ("v2", "annual"): counted}, rules="insert into coverages values ('i')"
    )
    assert "suppressed" not in (result["v1", "annual"][ALL], result["v2", "annual"][ALL])
    beside = hidden(result["v1", "annual"]) - {"f"}
    assert sum(came[name][0] - came[name][1] for name in beside) >= 5


def test_a_version_that_leaves_out_few_children_is_not_shown_beside_the_other() -> None:
    whole = by_gender(("female", 100, 50), ("male", 120, 60))
    for left_out, is_hidden in ((3, True), (30, False)):
        stayed = by_gender(("female", 100, 50), ("male", 120 - left_out, 60 - left_out // 2))
        result = protected_tables({("v1", "annual"): whole, ("v2", "annual"): stayed})
        assert set(result["v1", "annual"].values()) == {""}
        assert (result["v2", "annual"][ALL] == "suppressed") is is_hidden
        assert (gender(result["v2", "annual"])["male"] == "suppressed") is is_hidden


def test_what_is_hidden_is_not_shown_by_a_table_that_agrees_at_the_place() -> None:
    # school s1 has the same children in both tables; s2 has few girls in fall, and few nonbinary children in all
    def of(**at_s2: int) -> Cells:
        at_s1 = {"female": 45, "male": 46, "nonbinary": 17}
        whole = {name: n + at_s2.get(name, 0) for name, n in at_s1.items()}
        s1, s2, community = (
            by_gender(*((name, n, n // 2) for name, n in place.items())) for place in (at_s1, at_s2, whole)
        )
        schools = (("school", name, *cell[2:]) for name, cells in (("s1", s1), ("s2", s2)) for cell in cells)
        return [*community, *schools]

    fall, annual = of(female=8, male=60), of(female=60, nonbinary=8)
    result = protected_tables({("v1", "fall"): fall, ("v1", "annual"): annual})
    at_s1 = [
        {key for key, outcome in table.items() if outcome == "suppressed" and key[1] == "s1"}
        for table in result.values()
    ]
    assert at_s1[0] == at_s1[1] != set()


def test_a_child_whom_one_table_counts_hides_no_total() -> None:
    # the one nonbinary child has no attendance: that the other total is one less is a guess at most
    everyone = by_gender(("female", 1500, 700), ("male", 1490, 800), ("nonbinary", 1, 1))
    present = by_gender(("female", 1500, 300), ("male", 1490, 400))
    result = protected_tables({("v1", "annual"): everyone, ("v2", "annual"): present})
    assert set(result["v2", "annual"].values()) == {""}
    assert result["v1", "annual"][ALL] == ""
    assert "nonbinary" in hidden(result["v1", "annual"])


# ---- what is refused -------------------------------------------------------------------------------------
def test_parts_that_exceed_their_total_are_refused() -> None:
    cells = by_gender(("female", 60, 30), ("male", 70, 40))
    cells[0] = (*ALL, 120, 60)
    with pytest.raises(DisclosureError, match="do not add up, such as gender at community level"):
        protected(cells)


def test_a_minimum_under_ten_is_refused() -> None:
    with pytest.raises(DisclosureError, match=r"community riverbend, disclosure: minimum_denominator is 5\."):
        protected(by_gender(("female", 60, 30), ("male", 70, 40)), minimum=5)


@pytest.mark.parametrize(
    ("fault", "what"),
    [
        ("update stage_result set tables = list_transform(tables, t -> t + 1)", "do not add up"),
        ("update stage_result set tables = []", "not proved to stay open"),
        ("delete from stage_result where cell_id > 0", "must be hidden are not"),
        ("update stage_cell set high = value", "outside what is known"),
    ],
)
def test_a_proof_that_is_wrong_is_found_in_sql(fault: str, what: str) -> None:
    with duckdb.connect() as con:
        write_cells(con, {("v1", "annual"): by_gender(("a", 4, 2), ("b", 5, 2), ("c", 60, 30), ("d", 70, 2))})
        con.execute(
            "create table school_districts (community_id varchar, school_id varchar, district_id varchar)"
        )
        make_rules(con)
        protect(con)
        check_stage(con)
        con.execute(fault)
        with pytest.raises(DisclosureError, match=what):
            check_stage(con)


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


def test_what_no_community_has_selected_is_not_published() -> None:
    with duckdb.connect() as con:
        make_children(con, 200)
        make_cells(con, usual_plan())
        con.execute("update selection set community_id = 'another'")
        assert protect(con).cells == 0
        assert con.execute("select count(*) from cell_suppression").fetchone() == (0,)
