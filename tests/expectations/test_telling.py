"""What the partner reads and what it does not: its own headers and words, never the contract's fields."""

import csv
from pathlib import Path

import pytest
from test_loading import DIPLOMA, HEADER, PERSON, Deployment, attendance
from tiny_deliveries import ATTENDANCE

from expectations.outcome import LoadOutcome

ENGINEERS_WORDS = ("`", "tolerance:", "reader.", "crosswalk", "year_over_year", ".yml")


@pytest.fixture
def here(tmp_path: Path) -> Deployment:
    return Deployment(tmp_path)


def told(here: Deployment, outcome: LoadOutcome) -> str:
    """The text of the partner's page and CSV."""
    delivery = outcome.delivery
    page = here.home.feedback_page(delivery.partner, delivery.load_id).read_text()
    return (
        page[page.index("<body>") :] + here.home.feedback_csv(delivery.partner, delivery.load_id).read_text()
    )


def advice(outcome: LoadOutcome) -> str:
    return " ".join(result.advice for result in outcome.results if not result.passed)


@pytest.mark.parametrize(
    ("content", "partner_reads", "engineer_reads"),
    [
        (attendance(19), "If the change is real, tell us.", "tolerance: {year_over_year: ...}"),
        (attendance(1) + "c1,S1,400,1\n", "Correct the rows listed below", "tolerance: {quarantined: ...}"),
        (
            HEADER.replace("Absent", "Absences") + "c1,S1,1,1\n",
            "in the form we agreed on",
            "Add it to `from`",
        ),
        ("a,b\n1,2\n", "in the form we agreed on", "`reader.skip_rows`"),
    ],
)
def test_advice_on_the_contract_is_not_for_the_partner(
    here: Deployment, content: str, partner_reads: str, engineer_reads: str
) -> None:
    here.load("attendance_2024.csv", attendance(40))
    outcome = here.load("attendance_2025.csv", content)
    assert outcome.outcome == "rejected"
    page = told(here, outcome)
    assert partner_reads in page
    assert engineer_reads in advice(outcome)
    assert [word for word in ENGINEERS_WORDS if word in page] == []


@pytest.mark.parametrize(
    ("codes", "engineer_reads"),
    [
        # ten children have Q, so it is nobody's own; nine R, one a name, one child of twelve rows S
        (
            [*(f"q{i},Q" for i in range(10)), *(f"r{i},R" for i in range(9)), "z,Zephyrine", *["s,S"] * 12],
            "The codes: 'Q', and 3 that few have. ",
        ),
        ([f"q{i},Q" for i in range(9)], ""),
        # names that many children have: a column of so many values holds no codes
        ([f"n{name}-{i},Name{name}" for name in range(21) for i in range(10)], ""),
    ],
)
def test_unknown_codes_are_named_where_they_are_nobodys_own(
    here: Deployment, codes: list[str], engineer_reads: str
) -> None:
    here.contract("person", PERSON.format(file="people_{school_year}.csv"))
    outcome = here.load("people_2025.csv", "StudentID,Gender\n" + "\n".join(codes) + "\n")
    (told_of,) = (r for r in outcome.results if r.rule == "gender_is_a_known_code")
    assert not told_of.passed
    recipe = "Add the codes, with what they mean, to crosswalks/rivers.csv."
    assert told_of.advice == f"{engineer_reads}{recipe}"
    assert "Zephyrine" not in repr(outcome.results)


def test_a_files_name_that_turns_what_is_read_is_shown_as_it_is(here: Deployment) -> None:
    name = "attendance_2025_\u202efdp.csv"
    here.contract(
        "attendance", ATTENDANCE.replace("attendance_{school_year}.csv", "attendance_{school_year}*.csv")
    )
    outcome = here.load(name, HEADER.replace("Absent", "Absences") + "c1,S1,1,1\n")
    assert outcome.outcome == "rejected"
    page = told(here, outcome)
    for text in (outcome.reason, advice(outcome), page):
        assert "\u202e" not in text
    assert "attendance_2025_\\u202efdp.csv" in outcome.reason
    assert "attendance_2025_\\u202efdp.csv" in page


def test_an_expression_of_ours_that_fails_is_not_the_partners_fault(here: Deployment) -> None:
    sql = "{sql: 'cast(DaysAbsent as integer)'}"
    here.contract("attendance", ATTENDANCE.replace("{from: [DaysAbsent]}", sql))
    outcome = here.load("attendance_2024.csv", attendance(3) + "c9,S1,180,none\n")
    page = told(here, outcome)
    assert "A rule of ours could not be applied to this file." in page
    assert "we have to correct our rule" in page
    assert "try_cast" not in page
    assert "try_cast instead of cast" in advice(outcome)


def test_a_year_the_community_does_not_take_is_told_with_those_it_takes(here: Deployment) -> None:
    here.contract("diploma", DIPLOMA)
    outcome = here.load("diplomas.csv", "Year,StudentID,Type\n1999,a,regular\n1999,b,regular\n")
    assert "takes 2023 to 2025" in told(here, outcome.each[0])
    assert "community.yml" not in told(here, outcome.each[0])


LENIENT = ATTENDANCE + "tolerance: {quarantined: 0.9}\n"


@pytest.mark.parametrize(
    ("values", "hinted"),
    [(["177,5", "90"], True), ([",5"], True), (["1,234"], False), (["n/a"], False), (["1,5,2"], False)],
)
def test_decimal_commas_are_recognised_and_the_recipe_is_for_the_contract(
    here: Deployment, values: list[str], hinted: bool
) -> None:
    here.contract("attendance", LENIENT)
    odd = "".join(f'x{i},S1,"{value}",0\n' for i, value in enumerate(values))
    outcome = here.load("attendance_2024.csv", attendance(5) + odd)
    page = told(here, outcome)
    assert ("seem to have a decimal comma: write a decimal point" in page) == hinted
    assert not any(f"{value}" in page for value in values if len(value) > 3)
    recipe = """days_enrolled: {sql: "replace(\\"DaysEnrolled\\", ',', '.')"}"""
    assert (recipe in advice(outcome)) == hinted


def test_the_recipe_for_decimal_commas_works(here: Deployment) -> None:
    here.contract("attendance", LENIENT)
    text = attendance(2) + 'x,S1,"177,5",0\n'
    (recipe,) = [
        r.advice.partition("contract: ")[2]
        for r in here.load("attendance_2024.csv", text).results
        if "comma" in r.advice
    ]
    here.contract("attendance", LENIENT.replace("days_enrolled: {from: [DaysEnrolled]}", recipe))
    again = here.load("attendance_2024.csv", text)
    assert (again.outcome, again.rows) == ("accepted", 3)


def test_counts_of_one_are_worded_as_one(here: Deployment) -> None:
    here.contract("attendance", LENIENT)
    assert "Thank you: the 1 row is loaded." in told(here, here.load("attendance_2024.csv", attendance(1)))
    outcome = here.load("attendance_2024.csv", attendance(1) + "c1,S1,400,1\n")
    assert "Thank you: 1 of 2 rows is loaded. 1 row is held back until you correct it" in told(here, outcome)


def test_the_page_says_what_its_row_numbers_count(here: Deployment) -> None:
    here.contract("attendance", LENIENT + "reader: {skip_rows: 2}\n")
    outcome = here.load("attendance_2024.csv", "Report\n\n" + attendance(3) + "c9,S1,400,1\n")
    assert "Row 1 is the first line of the file: what stands above the data counts too." in told(
        here, outcome
    )
    with here.home.feedback_csv("rivers", outcome.delivery.load_id).open(encoding="utf-8-sig") as file:
        assert [line["row"] for line in csv.DictReader(file)] == ["", "7"]
