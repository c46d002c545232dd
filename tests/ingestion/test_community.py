"""A community is read as a whole, and one report tells of every file that is wrong."""

import re
from pathlib import Path

import pytest

from ingestion.configuration.community import communities_folder, load_communities
from ingestion.configuration.tables import code_fields
from ingestion.contracts.conformed import conformed_fields, not_conformed
from ingestion.contracts.entities import canonical_entities
from ingestion.errors import ContractError
from tests.ingestion.configuration import (
    AGREEMENTS,
    ATTENDANCE,
    COMMUNITY,
    PERSON,
    millbrook,
    write_community,
)


def refusal(folder: Path, **files: str) -> str:
    with pytest.raises(ContractError) as refused:
        millbrook(folder, **files)
    return str(refused.value)


def test_a_community_holds_its_contracts_and_tables(tmp_path: Path) -> None:
    crosswalk = (
        "field,partner_code,conformed_code,first_year,last_year\ngender,1,female,,2023\ngender,1,male,2024,\n"
    )
    communities = millbrook(tmp_path, **{"crosswalks/mill_schools.csv": crosswalk})
    assert list(communities.contracts) == ["mill_schools.attendance", "mill_schools.person"]
    community = communities.community_of("mill_schools.person")
    assert community.community == "millbrook"
    assert [
        (r.partner_code, r.conformed_code, r.first_year) for r in community.crosswalks["mill_schools"]
    ] == [
        ("1", "female", None),
        ("1", "male", 2024),
    ]
    assert 2025 in community.school_years
    assert 2026 not in community.school_years


def test_one_file_may_feed_several_contracts(tmp_path: Path) -> None:
    both = ATTENDANCE.replace(
        'files: ["attendance_{school_year}.csv", ', 'files: ["students_{school_year}.csv", '
    )
    communities = millbrook(tmp_path, **{"extracts/mill_schools__attendance.yml": both})
    found = [contract.extract_id for contract in communities.contracts_for("in/students_2025.csv")]
    assert found == ["mill_schools.attendance", "mill_schools.person"]
    assert communities.contracts_for("staff_2025.csv") == []


def test_an_unknown_extract_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"Did you mean 'mill_schools\.person'\?"):
        millbrook(tmp_path).community_of("mill_schools.persons")


def test_all_files_are_told_of_at_once(tmp_path: Path) -> None:
    message = refusal(
        tmp_path,
        **{
            "community.yml": COMMUNITY.replace("sector: k12", "sector: k-12"),
            "agreements.yml": AGREEMENTS.replace("purpose: to see who is well", "porpose: x"),
            "extracts/mill_schools__attendance.yml": ATTENDANCE.replace("title:", "titel:"),
            "crosswalks/mill_schools.csv": "field,partner_code,conformed_code\ngendr,1,female\n",
        },
    )
    assert (
        "community.yml:8: 'partners.mill_schools.sector' has an unknown value. Did you mean 'k12'?" in message
    )
    assert "unknown field 'agreements.clinic_2023.porpose'. Did you mean 'purpose'?" in message
    assert "unknown field 'titel'" in message
    assert "mill_schools.csv:2: 'gendr' is not a canonical column of codes. Did you mean 'gender'?" in message


WRONG_COMMUNITY = {
    "no annual collection": (
        ("annual: {maturity: final}", "spring: {maturity: final}"),
        "must have 'annual'",
    ),
    "years out of order": (("first: 2023", "first: 2026"), "first is after last"),
    "unknown maturity": (("maturity: interim", "maturity: interm"), "Did you mean 'interim'?"),
    "folder of another name": (("community: millbrook", "community: milbrook"), "not named after it"),
    "unknown level": (("school: {singles", "scool: {singles"), "publication.scool"),
    "unknown disaggregate": (("singles: [gender]", "singles: [gendre]"), "Did you mean 'gender'?"),
    "pair in the wrong order": (("gender_x_disability", "disability_x_gender"), "unknown disaggregate"),
    "a minimum that protects nobody": (
        ("minimum_denominator: 12", "minimum_denominator: 9"),
        "groups under 10 children are never published; use 10 or more",
    ),
    "a band that protects nobody": (
        ("{minimum_denominator: 12}", "{minimum_denominator: 12, bands: {smallest: 3}}"),
        "greater than or equal to 4",
    ),
    "a choice of another name": (
        ("{minimum_denominator: 12}", "{minimum_denominator: 12, band: false}"),
        "Did you mean 'bands'?",
    ),
    "an unknown subgroup to fold": (
        (
            "{minimum_denominator: 12}",
            "{minimum_denominator: 12, fold: {school: {race_ethnicity: [asian, wite]}}}",
        ),
        "'race_ethnicity' has no subgroup 'wite'. Did you mean 'white'?",
    ),
    "one subgroup folded alone": (
        ("{minimum_denominator: 12}", "{minimum_denominator: 12, fold: {school: {race_ethnicity: [asian]}}}"),
        "Name two or more",
    ),
    "folded above and whole below": (
        (
            "{minimum_denominator: 12}",
            "{minimum_denominator: 12, fold: {community: {gender: [female, nonbinary]}}}",
        ),
        "'gender' is folded at the level 'community' and published whole below it",
    ),
    "two pairs without what they share": (
        (
            "school: {singles: [gender], pairs: [gender_x_disability]}",
            "school: {singles: [gender], pairs: [gender_x_disability, race_ethnicity_x_disability]}",
        ),
        "several pairs with 'disability' are published without 'disability' itself",
    ),
    "schools and ZIP codes without their sum": (
        (
            "community: {singles: all, pairs: all}",
            "community: {singles: [disability]}\n      zip: {singles: [gender]}",
        ),
        "'gender' is published of",
    ),
    "an unknown subgroup to protect last": (
        ("{minimum_denominator: 12}", "{minimum_denominator: 12, protect_last: {gender: [femal]}}"),
        "Did you mean 'female'?",
    ),
    "an unknown implication": (
        ("{minimum_denominator: 12}", "{minimum_denominator: 12, implications: {homelessness: [disabilty]}}"),
        "Did you mean 'disability'?",
    ),
    "an unknown indicator that is held": (
        ("{minimum_denominator: 12}", "{minimum_denominator: 12, hold: {suspensions: [2024]}}"),
        "no indicator is called 'suspensions'. Did you mean 'suspension'?",
    ),
    "unknown indicator": (
        ("publication:", "indicators: [suspensions]\n    publication:"),
        "no indicator is called 'suspensions'. Did you mean 'suspension'?",
    ),
    "an owner of an unknown indicator": (
        ("publication:", "owners: {early_grade_readin: Reading network}\n    publication:"),
        "community.yml:11: no indicator is called 'early_grade_readin'. Did you mean 'early_grade_reading'?",
    ),
    "an owner without a name": (
        ("publication:", "owners: {suspension: ' '}\n    publication:"),
        "'owners.suspension': string should have at least 1 character",
    ),
    "matching of a program of an unknown partner": (
        ("publication:", "program_matching: {'mill_clinik:7': propensity}\n    publication:"),
        "community.yml:11: no partner is called 'mill_clinik'. Did you mean 'mill_clinic'?",
    ),
    "matching of a program without its partner": (
        ("publication:", "program_matching: {tutoring: propensity}\n    publication:"),
        "a program is written as partner:number, 'tutoring' has another form",
    ),
    "unknown matching": (
        ("publication:", "program_matching: {'mill_clinic:7': propensty}\n    publication:"),
        "'program_matching.mill_clinic:7' has an unknown value. Did you mean 'propensity'?",
    ),
    "no indicator at all": (
        ("publication:", "indicators: []\n    publication:"),
        "'indicators': an empty list would publish nothing; name indicators, or write all",
    ),
    "duplicate partner": (("mill_clinic:", "mill_schools:"), "the key 'mill_schools' is there twice"),
}


@pytest.mark.parametrize("case", WRONG_COMMUNITY)
def test_a_mistake_in_community_yml_is_named(tmp_path: Path, case: str) -> None:
    (old, new), says = WRONG_COMMUNITY[case]
    assert old in COMMUNITY
    message = refusal(tmp_path, **{"community.yml": COMMUNITY.replace(old, new, 1)})
    assert says in message
    assert "community.yml:" in message


WRONG_CROSSWALK = {
    "overlapping years": (
        "gender,1,female,2020,2024\ngender, 1 ,male,2024,\n",
        ":3: the same entry as in line 2",
    ),
    "years out of order": ("gender,1,female,2024,2020\n", "first_year is after last_year"),
    "unknown field": ("grade_levl,1,k,,\n", "Did you mean 'grade_level'?"),
    "too many cells": ("gender,1,female,,,x\n", "6 cells where the first line names 5 columns"),
    "empty code": ("gender,,female,,\n", "'partner_code'"),
    "year in words": ("gender,1,female,first,\n", "'first_year'"),
    "unknown conformed code": (
        "gender,1,femal,,\n",
        "mill_schools.csv:2: 'femal' is no conformed code of 'gender'. Did you mean 'female'?",
    ),
    "conformed code with blanks": ("gender,1,Fe male,,\n", "'conformed_code'"),
}


@pytest.mark.parametrize("case", WRONG_CROSSWALK)
def test_a_mistake_in_a_crosswalk_is_named_with_its_line(tmp_path: Path, case: str) -> None:
    rows, says = WRONG_CROSSWALK[case]
    text = "field,partner_code,conformed_code,first_year,last_year\n" + rows
    message = refusal(tmp_path, **{"crosswalks/mill_schools.csv": text})
    assert says in message
    assert "mill_schools.csv:" in message


def test_headers_of_a_table_are_checked(tmp_path: Path) -> None:
    message = refusal(tmp_path, **{"targets.csv": "indicator,school_year,target,why\nx,2025,0.5,\n"})
    assert "unknown column 'indicator'. Did you mean 'indicator_id'?" in message
    assert "the column 'indicator_id' is missing" in message


WRONG_TARGET = {
    "unknown indicator": ("chronic_absense,all,all", "no indicator is called", "'chronic_absence'?"),
    "unknown disaggregate": ("suspension,gendre,male", "unknown disaggregate 'gendre'", "'gender'?"),
    "unknown code": ("suspension,gender,femal", "'femal' is no subgroup of 'gender'", "'female'?"),
    "children not known": ("suspension,gender,unknown", "'unknown' is no subgroup", "Known: female, male"),
    "a flag's own text": ("suspension,disability,true", "is no subgroup of 'disability'", "Known: yes, no"),
    "a part of the total": ("suspension,all,male", "'male' is no subgroup of 'all'", "Known: all"),
    "pair the wrong way round": (
        "suspension,race_ethnicity_x_gender,female|asian",
        "is no subgroup of 'race_ethnicity_x_gender'",
        "",
    ),
}


@pytest.mark.parametrize("case", WRONG_TARGET)
def test_a_target_of_what_nobody_counts_is_named_with_its_line(tmp_path: Path, case: str) -> None:
    row, *says = WRONG_TARGET[case]
    head = "indicator_id,disaggregate,subgroup,school_year,target\nsuspension,all,all,2025,0.05\n"
    message = refusal(tmp_path, **{"targets.csv": f"{head}{row},2025,0.5\n"})
    assert "targets.csv:3: " in message
    assert all(text in message for text in says)


def test_targets_of_the_total_a_code_a_flag_and_a_pair_are_taken(tmp_path: Path) -> None:
    about = ("all,all", "gender,male", "disability,yes", "race_ethnicity_x_disability,asian|no")
    rows = "".join(f"suspension,{one},2025,0.05\n" for one in about)
    files = {"targets.csv": "indicator_id,disaggregate,subgroup,school_year,target\n" + rows}
    assert len(millbrook(tmp_path, **files).communities["millbrook"].targets) == 4


def test_a_crosswalk_of_nobody_is_refused(tmp_path: Path) -> None:
    message = refusal(tmp_path, **{"crosswalks/mill_school.csv": "field,partner_code,conformed_code\n"})
    assert "unknown partner 'mill_school'" in message
    assert "Did you mean 'mill_schools'?" in message


def test_partners_are_unique_over_all_communities(tmp_path: Path) -> None:
    write_community(tmp_path)
    (tmp_path / "millbrook").rename(tmp_path / "westbrook")
    yml = tmp_path / "westbrook" / "community.yml"
    yml.write_text(yml.read_text().replace("community: millbrook", "community: westbrook"))
    write_community(tmp_path)
    with pytest.raises(ContractError, match="the partner 'mill_clinic' is in the community 'millbrook' too"):
        load_communities(tmp_path)


def test_a_folder_without_communities_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MILEPOST_COMMUNITIES", str(tmp_path))
    with pytest.raises(ContractError, match="milepost init"):
        load_communities(communities_folder())


def test_a_missing_agreements_file_is_named(tmp_path: Path) -> None:
    write_community(tmp_path)
    (tmp_path / "millbrook" / "agreements.yml").unlink()
    with pytest.raises(ContractError, match=r"agreements\.yml: the file is missing"):
        load_communities(tmp_path)


def test_codes_in_a_contract_join_the_partners_crosswalk(tmp_path: Path) -> None:
    person = PERSON.replace("in: [01, 02]", "codes: {M: male, F: female}")
    communities = millbrook(tmp_path, **{"extracts/mill_schools__person.yml": person})
    rows = communities.communities["millbrook"].crosswalks["mill_schools"]
    assert {(r.field, r.partner_code, r.conformed_code) for r in rows} >= {
        ("gender", "M", "male"),
        ("gender", "F", "female"),
    }


@pytest.mark.parametrize(
    ("years_of_crosswalk", "years_of_all"),
    [
        ([], [(None, None)]),
        ([(None, None)], [(None, None)]),
        ([(None, 2022)], [(None, 2022), (2023, None)]),
        ([(2023, None)], [(None, 2022), (2023, None)]),
        (
            [(2024, 2024), (2021, 2022)],
            [(None, 2020), (2021, 2022), (2023, 2023), (2024, 2024), (2025, None)],
        ),
    ],
)
def test_codes_of_a_contract_hold_in_the_years_a_crosswalk_leaves_out(
    tmp_path: Path,
    years_of_crosswalk: list[tuple[int | None, int | None]],
    years_of_all: list[tuple[int | None, int | None]],
) -> None:
    lines = "".join(f"gender,f,female,{a or ''},{b or ''}\n" for a, b in years_of_crosswalk)
    communities = millbrook(
        tmp_path,
        **{
            "extracts/mill_schools__person.yml": PERSON.replace("in: [01, 02]", "codes: {F: female}"),
            "crosswalks/mill_schools.csv": f"field,partner_code,conformed_code,first_year,last_year\n{lines}",
        },
    )
    rows = communities.communities["millbrook"].crosswalks["mill_schools"]
    found = sorted(((r.first_year, r.last_year) for r in rows), key=lambda years: years[0] or 0)
    assert found == years_of_all
    assert {(r.field, r.partner_code.lower(), r.conformed_code) for r in rows} == {("gender", "f", "female")}


def test_a_conformed_code_of_no_list_is_named_in_contracts_and_cut_scores(tmp_path: Path) -> None:
    message = refusal(
        tmp_path,
        **{
            "extracts/mill_schools__person.yml": PERSON.replace("in: [01, 02]", "codes: {M: mael}"),
            "cut_scores.csv": "assessment_id,subject,grade_level,proficient_score\nstate,maths,03,460\n",
        },
    )
    assert (
        "mill_schools__person.yml:8: 'mael' is no conformed code of 'gender'. Did you mean 'male'?" in message
    )
    assert "cut_scores.csv:2: 'maths' is no conformed code of 'subject'. Did you mean 'math'?" in message


def test_codes_for_a_column_that_nothing_conforms_have_no_effect() -> None:
    found = not_conformed("plan_name")
    assert found is not None
    assert found[0] == "'plan_name' keeps the partner's code, so codes for it have no effect"
    assert found[1].startswith("Take it out. Conformed are: action_code, area_type, assessment_type, ")
    assert not_conformed("home_language") is None


def test_columns_that_may_have_codes_are_those_the_warehouse_looks_up() -> None:
    staging = Path(__file__).parents[2] / "dbt_project" / "models" / "staging"
    looked_up: set[str] = set()
    for entity, facts in canonical_entities().items():
        model = (staging / f"stg_{entity}.sql").read_text()
        joined = set(re.findall(r"(?:join_codes\(|levels\.field = )'(\w+)'", model))
        assert joined == {n for n, c in facts.columns.items() if c.type in ("code", "codes")}
        looked_up |= joined
    # and those that a standard's own staging asks, on the way to a canonical column that is no code
    of_standards = "".join(path.read_text() for path in staging.glob("*/*.sql"))
    looked_up |= {field for field in conformed_fields() if f"'{field}'" in of_standards}
    assert looked_up == set(conformed_fields())
    assert set(code_fields()) <= looked_up


def test_a_code_must_not_mean_two_things(tmp_path: Path) -> None:
    person = PERSON.replace("in: [01, 02]", "codes: {M: male}")
    message = refusal(
        tmp_path,
        **{
            "extracts/mill_schools__person.yml": person,
            "crosswalks/mill_schools.csv": "field,partner_code,conformed_code\ngender,m,female\n",
        },
    )
    assert "'M' of 'gender' has another meaning in the partner's crosswalk" in message
