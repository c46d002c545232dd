"""Every kind of rule on tables to be judged by eye; the first row of a table is row 2 of the file."""

from collections.abc import Callable

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tiny_deliveries import ATTENDANCE, Judge, Row, good, good_rows, numbers

from expectations.gate import GateResult, gate
from expectations.gx_duckdb import expectation_class, open_batch, verdicts
from expectations.history import NO_HISTORY
from expectations.located import LOOKED_AT, REPEATED, prepare, store_repeated_keys
from expectations.rule import Rule
from ingestion.contracts.contract import Contract
from ingestion.mapping.mapping import MappedTable

LENIENT = "tolerance: {quarantined: 0.9}\n"


def failed(result: GateResult) -> dict[str, int]:
    return {r.rule: r.violations for r in result.results if not r.passed}


def test_a_clean_delivery_is_accepted_whole(judge: Judge, con: duckdb.DuckDBPyConnection) -> None:
    result = judge(good_rows(3))
    assert (result.outcome, result.rows, result.quarantined, failed(result)) == ("accepted", 3, 0, {})
    assert numbers(con, "accepted") == [2, 3, 4]
    assert con.table("accepted").columns == [
        "student_id",
        "school_id",
        "days_enrolled",
        "days_absent",
        "_row_number",
    ]


def test_a_missing_required_value_holds_its_row_back(judge: Judge, con: duckdb.DuckDBPyConnection) -> None:
    result = judge([good("a"), (None, "S1", 1, 1, False, False), good("b")], LENIENT)
    assert result.outcome == "accepted_with_quarantine"
    assert failed(result) == {"student_id_is_present": 1}
    assert numbers(con, "accepted") == [2, 4]
    held_back = con.execute("select _row_number, reasons, offending_columns from quarantined").fetchall()
    assert held_back == [(3, ["student_id_is_present"], ["student_id"])]


def test_an_unreadable_value_is_not_also_missing(judge: Judge, con: duckdb.DuckDBPyConnection) -> None:
    result = judge(
        [good("a"), ("b", "S1", None, 1, True, False), ("c", "S1", None, 1, False, False)], LENIENT
    )
    assert failed(result) == {"days_enrolled_is_a_number": 1, "days_enrolled_is_present": 1}
    assert con.execute("select _row_number, reasons from quarantined").fetchall() == [
        (3, ["days_enrolled_is_a_number"]),
        (4, ["days_enrolled_is_present"]),
    ]


@pytest.mark.parametrize(("value", "held"), [(0, True), (366, True), (366.0001, False), (-0.0001, False)])
def test_a_range_holds_at_its_edges(judge: Judge, value: float, held: bool) -> None:
    result = judge([good("a"), good("b", enrolled=value)], LENIENT)
    assert failed(result) == ({} if held else {"days_enrolled_is_in_range": 1})


def test_one_row_with_two_faults_is_one_row_with_two_reasons(
    judge: Judge, con: duckdb.DuckDBPyConnection
) -> None:
    result = judge([good("a"), good("b", enrolled=400, absent=-1)], LENIENT)
    assert result.quarantined == 1
    assert con.execute("select reasons, offending_columns from quarantined").fetchall() == [
        (["days_enrolled_is_in_range", "days_absent_is_in_range"], ["days_absent", "days_enrolled"])
    ]


def test_of_equal_rows_the_first_is_kept(judge: Judge, con: duckdb.DuckDBPyConnection) -> None:
    result = judge([good("a"), good("b"), good("a"), good("a")], LENIENT)
    assert failed(result) == {"key_is_unique": 2}
    assert numbers(con, "quarantined") == [4, 5]


def test_of_rows_that_contradict_each_other_none_is_kept(
    judge: Judge, con: duckdb.DuckDBPyConnection
) -> None:
    rows = [good("a", absent=1), good("b"), good("a", absent=2), good("a", absent=1), good("a", school="S2")]
    result = judge(rows, LENIENT)
    assert failed(result) == {"key_is_unique": 3}
    assert numbers(con, "quarantined") == [2, 4, 5]
    (explanation,) = [r.explanation for r in result.results if r.rule == "key_is_unique"]
    assert "the first is kept" in explanation
    assert "nobody knows" in explanation


def test_an_empty_part_of_a_key_equals_another_empty_part(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("""
        create table t as
        from (values ('a', null, 1, 2), ('a', null, 2, 3), ('b', null, 1, 4))
            as t(child, school, days, _row_number)
    """)
    prepare(con, "t")
    arguments = {"key_columns": ["child", "school"], "present_columns": ["child"], "repeated_keys": REPEATED}
    expectation = expectation_class("expect_key_to_be_unique")
    assert expectation is not None
    with open_batch(con, LOOKED_AT) as batch:
        assert verdicts(batch, [expectation(**arguments, meta={"rule": "key"})]) == {"key": False}
    store_repeated_keys(con, Rule("key_is_unique", "", arguments, "quarantine", "", ""), 0)
    assert con.execute("select _row_id from gate_violations order by 1").fetchall() == [(0,), (1,)]


def test_rows_without_a_key_are_missing_not_duplicates(judge: Judge) -> None:
    rows = [good("a"), (None, "S1", 1, 1, False, False), (None, "S1", 1, 1, False, False)]
    assert failed(judge(rows, LENIENT)) == {"student_id_is_present": 2}


@pytest.mark.parametrize(("bad", "outcome"), [(2, "accepted_with_quarantine"), (3, "rejected")])
def test_exactly_the_tolerated_share_is_tolerated(judge: Judge, bad: int, outcome: str) -> None:
    # the default tolerance is 2 %: 2 of 100 rows, not 3
    rows = good_rows(100 - bad) + [good(f"x{i}", enrolled=999) for i in range(bad)]
    result = judge(rows)
    assert result.outcome == outcome
    assert ("quarantined_share_is_tolerable" in failed(result)) == (outcome == "rejected")
    if outcome == "rejected":
        assert result.reason == (
            "3 of 100 rows (3 %) would be held back; at most 2 % may."
            " Rules that do not hold, with rows: days_enrolled_is_in_range (days_enrolled: 3)."
        )


@pytest.mark.parametrize(
    ("bad", "rows", "limit", "says"),
    [
        (1, 12, "0.02", "1 of 12 rows (8.3 %) would be held back; at most 2 % may."),
        (11, 540, "0.02", "11 of 540 rows (2.1 %) would be held back; at most 2 % may."),
        (1, 48, "0.0205", "1 of 48 rows (2.1 %) would be held back; at most 2.05 % may."),
    ],
)
def test_a_share_is_rounded_up_only_where_it_would_read_as_the_limit(
    judge: Judge, bad: int, rows: int, limit: str, says: str
) -> None:
    # 11 of 540 are 2.04 %
    delivered = good_rows(rows - bad) + [good(f"x{i}", enrolled=999) for i in range(bad)]
    assert says in judge(delivered, f"tolerance: {{quarantined: {limit}}}\n").reason


def test_a_delivery_that_keeps_no_row_is_rejected_whatever_the_tolerance(judge: Judge) -> None:
    result = judge([good("a", enrolled=999)], "tolerance: {quarantined: 1}\n")
    assert result.outcome == "rejected"
    assert "none is left to load" in result.reason


def test_a_delivery_without_rows_is_rejected(judge: Judge) -> None:
    result = judge([])
    assert (result.outcome, result.rows) == ("rejected", 0)
    assert "file_has_rows" in failed(result)


@pytest.mark.parametrize(("severity", "outcome"), [("reject", "rejected"), ("warn", "accepted")])
def test_a_column_states_the_severity_of_its_rules(judge: Judge, severity: str, outcome: str) -> None:
    text = ATTENDANCE.replace("from: [DaysAbsent]", f"from: [DaysAbsent], severity: {severity}")
    result = judge([*good_rows(9), good("x", absent=999)], text=text)
    assert result.outcome == outcome
    assert failed(result) == {"days_absent_is_in_range": 1}


def test_allowed_codes_hold_back_others(judge: Judge, con: duckdb.DuckDBPyConnection) -> None:
    text = ATTENDANCE.replace("from: [SchoolCode]", "from: [SchoolCode], in: [S1, 02]")
    result = judge([good("a"), good("b", school="02"), good("c", school="2")], LENIENT, text=text)
    assert failed(result) == {"school_id_is_an_allowed_code": 1}
    assert numbers(con, "quarantined") == [4]


def test_unknown_codes_are_counted_and_kept(judge: Judge, con: duckdb.DuckDBPyConnection) -> None:
    rows = [
        good("a", school=" north "),
        good("b", school="SOUTH"),
        good("c", school="north-east"),
        good("d", school="x.y"),
    ]
    result = judge(rows, known_codes={"school_id": {"North", "south", "x+y"}})
    assert result.outcome == "accepted"
    assert failed(result) == {"school_id_is_a_known_code": 2}
    assert numbers(con, "accepted") == [2, 3, 4, 5]


def test_a_gate_entry_compares_two_columns(judge: Judge, con: duckdb.DuckDBPyConnection) -> None:
    entry = """\
gate:
  - expect_column_pair_values_a_to_be_greater_than_b:
      {column_A: days_enrolled, column_B: days_absent, or_equal: true}
"""
    result = judge([good("a", 180, 180), good("b", 10, 11), good("c")], entry + LENIENT)
    assert failed(result) == {"days_enrolled_is_at_least_days_absent": 1}
    assert con.execute("select _row_number, offending_columns from quarantined").fetchall() == [
        (3, ["days_absent", "days_enrolled"])
    ]


def test_a_gate_entry_may_tolerate_by_mostly(judge: Judge) -> None:
    entry = 'gate:\n  - expect_column_values_to_match_regex: {column: school_id, regex: "^S", mostly: 0.5}\n'
    rows = [good("a"), good("b", school="T1")]
    assert failed(judge(rows, entry + LENIENT)) == {}
    assert failed(judge([*rows, good("c", school="T2")], entry + LENIENT)) == {
        "contract_school_id_has_its_pattern": 2
    }


def test_a_gate_entry_about_the_file_rejects_or_warns(judge: Judge) -> None:
    entry = "gate:\n  - expect_column_mean_to_be_between: {column: days_enrolled, min_value: 200}\n"
    result = judge(good_rows(3), entry)
    assert (result.outcome, failed(result)) == ("rejected", {"days_enrolled_mean_to_be_between": 1})
    assert judge(good_rows(3), entry + "    severity: warn\n").outcome == "accepted"


def test_a_rejecting_rule_rejects_on_one_row(judge: Judge) -> None:
    entry = "gate:\n  - expect_column_values_to_be_unique: {column: student_id}\n    severity: reject\n"
    result = judge([*good_rows(200), good("c0001", school="S2")], entry)
    assert (result.outcome, failed(result)) == ("rejected", {"contract_student_id_is_unique": 2})


def test_a_row_condition_limits_a_gate_entry(judge: Judge, con: duckdb.DuckDBPyConnection) -> None:
    entry = """\
gate:
  - expect_column_values_to_be_between:
      column: days_absent
      max_value: 3
      row_condition: 'col("days_enrolled") < 100'
      condition_parser: great_expectations
"""
    result = judge([good("a", 180, 9), good("b", 90, 9), good("c", 90, 2)], entry + LENIENT)
    assert failed(result) == {"contract_days_absent_is_in_range": 1}
    assert numbers(con, "quarantined") == [3]


def test_rows_of_one_record_are_judged_one_by_one(
    con: duckdb.DuckDBPyConnection, write_contract: Callable[[str], Contract]
) -> None:
    # an unpivoted record gives several rows with one row number; only the bad one is held back
    con.execute("""
        create table mapped as
        from (values ('a', 'S1', 1, 2), ('a', 'S2', 400, 2))
            as t(student_id, school_id, days_enrolled, _row_number)
    """)
    mapped = MappedTable("mapped", ("student_id", "school_id"))
    result = gate(con, mapped, write_contract(LENIENT), NO_HISTORY)  # type: ignore[arg-type]
    assert result.quarantined == 1
    assert con.execute("select school_id from accepted").fetchall() == [("S1",)]


cells = st.one_of(st.none(), st.sampled_from(["a", "b", "c"]))
days = st.one_of(st.none(), st.sampled_from([0, 5, 366, 367, -1]))
any_row = st.tuples(cells, cells, days, days, st.booleans(), st.booleans()).map(
    # a value that could not be read is NULL
    lambda r: (r[0], r[1], None if r[4] else r[2], None if r[5] else r[3], r[4], r[5])
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(any_row, max_size=12))
def test_accepted_and_quarantined_are_all_rows_and_accepted_breaks_no_rule(
    judge: Judge, con: duckdb.DuckDBPyConnection, rows: list[Row]
) -> None:
    result = judge(rows, LENIENT)
    assert sorted(numbers(con, "accepted") + numbers(con, "quarantined")) == list(range(2, len(rows) + 2))
    assert result.quarantined == len(numbers(con, "quarantined"))
    wrong = con.execute("""
        select count(*) from accepted
        where student_id is null or school_id is null or days_enrolled is null or days_absent is null
            or days_enrolled not between 0 and 366 or days_absent not between 0 and 366
    """).fetchall()
    repeated = con.execute(
        "select 1 from accepted group by student_id, school_id having count(*) > 1"
    ).fetchall()
    assert (wrong, repeated) == ([(0,)], [])
    # nothing is held back without need: every quarantined row breaks a rule that plain SQL can see
    needless = con.execute("""
        select count(*) from mapped where _row_number in (select _row_number from quarantined)
            and student_id is not null and school_id is not null
            and days_enrolled between 0 and 366 and days_absent between 0 and 366
            and (
                select count(*) from mapped as m
                where m.student_id = mapped.student_id and m.school_id = mapped.school_id
            ) = 1
    """).fetchall()
    assert needless == [(0,)]
