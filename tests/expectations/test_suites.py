"""Rules derived from a contract, and the errors of `gate:` entries."""

from collections.abc import Callable

import pytest
from tiny_deliveries import ATTENDANCE

from expectations.labels import label_of
from expectations.suites import Suite, suite_for
from ingestion.contracts.contract import Contract
from ingestion.errors import ContractError

COLUMNS = ["student_id", "school_id", "days_enrolled", "days_absent"]
Write = Callable[..., Contract]


def suite_of(contract: Contract) -> Suite:
    return suite_for(contract, COLUMNS, {"days_enrolled": "days_enrolled__unparsed"})


def test_rules_have_readable_names_and_their_severities(write_contract: Write) -> None:
    assert {rule.name: rule.severity for rule in suite_of(write_contract()).rules} == {
        "file_has_rows": "reject",
        "student_id_is_present": "quarantine",
        "school_id_is_present": "quarantine",
        "days_enrolled_is_a_number": "quarantine",
        "days_enrolled_is_present": "quarantine",
        "days_enrolled_is_in_range": "quarantine",
        "days_absent_is_present": "quarantine",
        "days_absent_is_in_range": "quarantine",
        "key_is_unique": "quarantine",
    }


def test_every_rule_speaks_of_the_partners_own_headers(write_contract: Write) -> None:
    rules = suite_of(write_contract()).by_name
    assert (
        rules["days_enrolled_is_in_range"].explanation == 'A value in "DaysEnrolled" must be from 0 to 366.'
    )
    assert '"StudentID" and "SchoolCode"' in rules["key_is_unique"].explanation
    assert all(rule.how_to_fix for rule in rules.values())


def labels(write_contract: Write, columns: str, extra: str = "") -> dict[str, str]:
    text = ATTENDANCE[: ATTENDANCE.index("  days_enrolled")] + columns
    contract = write_contract(extra, text=text)
    return {name: label_of(contract, name) for name in contract.columns}


def test_a_column_that_is_made_names_the_headers_it_is_made_from(write_contract: Write) -> None:
    columns = (
        """  days_enrolled: {sql: "try_cast(Present as decimal) + try_cast(Absent as decimal) + 0 * length(Absent)"}\n"""
        """  days_absent: {sql: "nullif(Absent, '-')"}\n"""
    )
    found = labels(write_contract, columns)
    assert found["student_id"] == '"StudentID"'
    assert found["days_enrolled"] == 'days_enrolled (made from "Present" and "Absent")'
    assert found["days_absent"] == 'days_absent (made from "Absent")'


def test_a_column_off_repeated_headers_names_those(write_contract: Write) -> None:
    columns = "  days_enrolled: {value: '180'}\n  days_absent: {from: [absent]}\n"
    repeats = "unpivot: {name: term, into: {absent: {a: [A], b: [B, B2], c: [C]}}}\n"
    found = labels(write_contract, columns, repeats)
    assert found["days_absent"] == 'days_absent (made from "A", "B" and "C")'
    assert found["days_enrolled"] == "days_enrolled"


def test_only_a_column_that_is_not_required_may_be_left_empty(write_contract: Write) -> None:
    required = suite_of(write_contract()).by_name["days_enrolled_is_a_number"]
    assert required.how_to_fix == 'Send a number in "DaysEnrolled".'
    text = ATTENDANCE[: ATTENDANCE.index("key:")].replace("attendance", "person") + (
        "columns:\n  student_id: {from: [StudentID]}\n"
        "  birth_date: {from: [DOB], format: ['%m/%d/%Y', '%d-%b-%y']}\n"
    )
    contract = write_contract(text=text)
    optional = suite_for(contract, ["student_id", "birth_date"], {"birth_date": "birth_date__unparsed"})
    assert optional.by_name["birth_date_is_a_date"].how_to_fix == (
        'Send a date written as MM/DD/YYYY or DD-Mon-YY in "DOB"; leave the cell empty where it is not known.'
    )


def conditional(condition: str, parser: str = "great_expectations") -> str:
    arguments = f"column: days_absent, max_value: 9, row_condition: '{condition}', condition_parser: {parser}"
    return f"- expect_column_values_to_be_between: {{{arguments}}}"


@pytest.mark.parametrize("condition", ['col("school_id") == "S1"', 'col("days_absent").notNull()'])
def test_one_comparison_may_limit_an_entry(write_contract: Write, condition: str) -> None:
    rules = suite_of(write_contract(f"gate:\n  {conditional(condition)}\n")).rules
    assert rules[-1].arguments["row_condition"] == condition


@pytest.mark.parametrize(
    ("entry", "line", "says"),
    [
        (
            "- expect_column_values_to_be_beetween: {column: days_absent}",
            15,
            "Did you mean 'expect_column_values_to_be_between'?",
        ),
        ("- expect_column_values_to_be_between: {column: days_absent, max_valeu: 3}", 15, "'max_value'"),
        ("- expect_column_values_to_be_between: {column: day_absent, max_value: 3}", 15, "'days_absent'"),
        (
            "- expect_column_values_to_be_between: {column: days_absent, max_value: 9, mostly: 3}",
            15,
            "mostly",
        ),
        ("- expect_column_pair_values_to_be_equal: {column_A: days_absent}", 15, "'column_B'"),
        (
            "- expect_column_mean_to_be_between: {column: days_absent}\n    severity: quarantine",
            16,
            "no rows it could quarantine",
        ),
        ("- expect_column_values_to_match_regex: {column: school_id, regex: '(((('}", 15, "missing )"),
        (
            "- expect_query_results_to_match_comparison: {base_query: select 1}",
            15,
            "Great Expectations has no",
        ),
        ("- expect_table_row_count_to_equal_other_table: {other_table_name: x}", 15, "has no"),
        # GX would read the first comparison and leave out the rest
        (conditional('col("days_absent") > 1 and col("school_id") == "S1"'), 15, "not one comparison"),
        (conditional('col("days_absent") > 1); drop table mapped; --'), 15, "not one comparison"),
        (conditional("days_absent > 1"), 15, "not one comparison"),
        (conditional('col("day_absent") > 1'), 15, "'days_absent'"),
        (conditional('col("days_absent") > 1', "pandas"), 15, "needs condition_parser: great_expectations"),
    ],
)
def test_a_wrong_entry_is_named_with_its_line_and_near_miss(
    write_contract: Write, entry: str, line: int, says: str
) -> None:
    contract = write_contract(f"gate:\n  # what was agreed with the district\n  {entry}\n")
    with pytest.raises(ContractError) as error:
        suite_of(contract)
    assert says in str(error.value)
    assert f"rivers__attendance.yml:{line - 1}" in str(error.value)


def test_two_entries_of_one_kind_have_names_of_their_own(write_contract: Write) -> None:
    entry = "  - expect_column_values_to_be_between: {column: days_absent, max_value: 9}\n"
    names = [rule.name for rule in suite_of(write_contract("gate:\n" + entry + entry)).rules]
    assert names[-2:] == ["contract_days_absent_is_in_range", "contract_days_absent_is_in_range_2"]


def test_an_entry_without_words_speaks_of_the_partners_headers(write_contract: Write) -> None:
    entry = (
        "expect_column_pair_values_a_to_be_greater_than_b: {column_A: days_enrolled, column_B: days_absent}"
    )
    rule = suite_of(write_contract(f"gate:\n  - {entry}\n")).rules[-1]
    assert 'column_A: "DaysEnrolled", column_B: "DaysAbsent"' in rule.explanation


def test_an_entry_brings_its_own_words(write_contract: Write) -> None:
    extra = (
        "gate:\n  - expect_column_values_to_not_be_in_set: {column: school_id, value_set: [S0]}\n"
        "    explanation: S0 is the test school.\n    how_to_fix: Leave it out.\n"
    )
    rule = suite_of(write_contract(extra)).rules[-1]
    assert (rule.explanation, rule.how_to_fix) == ("S0 is the test school.", "Leave it out.")


def test_several_codes_in_a_cell_are_each_compared(write_contract: Write) -> None:
    import re

    from expectations.column_rules import _allowed, known_code

    contract = write_contract(text=ATTENDANCE)
    person = contract.model_copy(update={"entity": "person"})
    column = contract.columns["school_id"].model_copy(update={"allowed": ("A", "B+")})
    allowed = _allowed(person, "race_ethnicity", column, "race").arguments["regex"]
    assert [bool(re.search(allowed, t)) for t in ("A", "A;B+", "A;C", "AB+", "B")] == [
        True,
        True,
        False,
        False,
        False,
    ]
    known = known_code(person, "race_ethnicity", ["White", "two words"]).arguments["regex"]
    assert [bool(re.search(known, t)) for t in ("WHITE; Two Words", "white;", "black")] == [
        True,
        False,
        False,
    ]
