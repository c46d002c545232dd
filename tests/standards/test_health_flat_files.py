"""Flat files of registries, vital records, lead programs, screenings and visits."""

from pathlib import Path

import pytest
from one_partner import OnePartner, failed_rules, write_csv

from ingestion.contracts.layout import load_layout


def send(partner: OnePartner, name: str, header: str, *rows: str) -> Path:
    return write_csv(partner.sent / f"ours_{name}_2024.csv", header, rows)


def test_a_registry_sends_doses_with_the_patient_beside_them(partner: OnePartner) -> None:
    partner.contract("immunization_registry")
    path = send(
        partner,
        "immunizations",
        "patient_id,last,first,dob,sex,race,ethnicity,zip,cvx_code,admin_date,lot,mvx,source,ssn",
        "7,Diaz,Rosa,20200301,F,2106-3,2135-2,23220,08,20200301,A1,MSD,00,987654320",
        "7,Diaz,Rosa,20200301,F,2106-3,2135-2,23220,110,20200501,B2,SKB,01,987654320",
        "7,Diaz,Rosa,20200301,F,2106-3,2135-2,23220,110,20200501,B3,SKB,01,987654320",  # told twice
        "8,Poe,Ann,03/04/2020,M,A,N,23221,20,05/04/2020,,,,",
    )
    outcomes = partner.load(path)
    assert {e: (o.outcome, o.rows) for e, o in outcomes.items()} == {
        "person.immunization_registry": ("accepted", 2),
        "immunization.immunization_registry": ("accepted", 3),
    }
    assert partner.rows(
        "immunization",
        "select student_id, vaccine_code, administered_date::varchar, immunization_source from raw order by all",
    ) == [
        ("7", "08", "2020-03-01", "00"),
        ("7", "110", "2020-05-01", "01"),
        ("8", "20", "2020-05-04", None),
    ]
    assert partner.rows(
        "person",
        "select student_id, first_name, birth_date::varchar, race_ethnicity, hispanic_ethnicity from raw order by 1",
    ) == [
        ("7", "Rosa", "2020-03-01", "2106-3", "2135-2"),
        ("8", "Ann", "2020-03-04", "A", "N"),
    ]
    assert not any(
        b"987654320" in file.read_bytes()
        for file in partner.home.root.rglob("*")
        if file.is_file() and partner.home.landing not in file.parents
    )


def test_a_dose_of_an_unknown_vaccine_is_kept_and_warned_of(partner: OnePartner) -> None:
    partner.contract("immunization_registry")
    path = send(partner, "iis", "Patient ID,CVX,Vaccination Date", "7,08,2020-03-01", "7,MMR,2021-03-01")
    outcome = partner.load(path)["immunization.immunization_registry"]
    assert (outcome.outcome, outcome.rows, outcome.quarantined) == ("accepted", 2, 0)
    assert list(failed_rules(outcome).values()) == [1]


def test_a_record_that_was_taken_back_is_no_dose_and_hides_none(partner: OnePartner) -> None:
    partner.contract("immunization_registry")
    header, day = "Patient ID,CVX,Vaccination Date,Completion Status", "2020-03-01"
    path = send(partner, "iis", header, f"7,08,{day},D", f"7,08,{day},CP", f"8,08,{day},", f"9,08,{day},RE")
    outcome = partner.load(path)["immunization.immunization_registry"]
    assert (outcome.outcome, outcome.rows) == ("accepted", 3)
    assert partner.rows("immunization", "select student_id, immunization_status from raw order by 1") == [
        ("7", "CP"),
        ("8", None),
        ("9", "RE"),
    ]


def test_one_dose_told_in_two_ways_is_taken_and_a_contradiction_held_back(partner: OnePartner) -> None:
    partner.contract("immunization_registry", "tolerance: {quarantined: 0.5}\n")
    path = send(
        partner,
        "iis",
        "Patient ID,CVX,Vaccination Date,Source,Status,Dose",
        "7,08,2020-03-01,00,CP,1",
        "7,08,2020-03-01,01,CP,1",
        "8,03,2021-03-01,00,RE,",
        "8,03,2021-03-01,00,CP,1",
        "9,03,2021-03-01,,CP,1",
        "9,03,2021-03-01,,CP,2",
    )
    outcome = partner.load(path)["immunization.immunization_registry"]
    assert (outcome.rows, outcome.quarantined) == (6, 2), outcome.reason
    assert failed_rules(outcome) == {"key_is_unique": 2}
    assert partner.rows("immunization", "select distinct student_id from raw order by 1") == [("7",), ("8",)]


BIRTHS = (
    "State File Number,Child DOB,Child First Name,Child Last Name,Sex,BWT,OEGest_Comb,PRECARE,PREVIS,DPLURAL,"
    "MAGER,PAY,ZIP,Mother SSN"
)


def test_a_birth_record_has_numbers_where_they_were_stated(partner: OnePartner) -> None:
    partner.contract("birth_record")
    path = send(
        partner,
        "births",
        BIRTHS,
        "24-1,02/03/2024,Rosa,Diaz,F,2450,36,3,11,1,29,1,23220,987654320",
        "24-2,02/04/2024,Ann,Poe,M,9999,99,99,99,2,99,9,23221,987654321",
    )
    outcomes = partner.load(path)
    assert {o.outcome for o in outcomes.values()} == {"accepted"}, [o.reason for o in outcomes.values()]
    assert partner.rows(
        "birth",
        "select student_id, birth_date::varchar, birth_weight_grams, gestation_weeks, prenatal_care_month,"
        " prenatal_visits, plurality, mother_age_years, payer_type from raw order by 1",
    ) == [
        ("24-1", "2024-02-03", 2450, 36, 3, 11, 1, 29, "1"),
        ("24-2", "2024-02-04", None, None, None, None, 2, None, "9"),
    ]
    assert partner.rows("person", "select first_name, gender from raw order by 1") == [
        ("Ann", "M"),
        ("Rosa", "F"),
    ]


def test_a_weight_in_pounds_is_held_back(partner: OnePartner) -> None:
    partner.contract("birth_record")
    path = send(partner, "births", BIRTHS, "24-1,02/03/2024,Rosa,Diaz,F,7.5,36,3,11,1,29,1,23220,")
    outcome = partner.load(path)["birth.birth_record"]
    assert outcome.outcome == "rejected"
    assert "birth_weight_grams" in outcome.reason
    assert "7.5" not in outcome.reason


def test_what_lies_below_the_limit_of_detection_is_no_number(partner: OnePartner) -> None:
    partner.contract("lead_screening")
    path = send(
        partner,
        "lead",
        "Child ID,First Name,Last Name,DOB,SAMP_DATE,SAMP_TYPE,RST_INTPCODE,PB_RESULT,Result Flag",
        "1,Rosa,Diaz,20220301,20240105,1,1,4.2,H",
        "1,Rosa,Diaz,20220301,20240301,2,2,3.3,N",
        "1,Rosa,Diaz,20220301,20240301,2,2,3.3,N",  # sent by the laboratory and by the clinic
        "2,Ann,Poe,20210301,20240105,9,,<3.3,",
        "3,Lee,Roe,20210401,20240105,Venous,,0,",
    )
    outcomes = partner.load(path)
    assert {e: (o.outcome, o.rows) for e, o in outcomes.items()} == {
        "screening.lead_screening": ("accepted", 4),
        "person.lead_screening": ("accepted", 3),
    }
    assert partner.rows(
        "screening",
        "select student_id, screening_type, instrument, screened_date::varchar, screening_result,"
        " numeric_result::double, result_unit from raw order by _row_number",
    ) == [
        ("1", "lead", "venous blood", "2024-01-05", "H", 4.2, "ug/dL"),
        ("1", "lead", "capillary blood", "2024-03-01", "N", None, "ug/dL"),
        ("2", "lead", None, "2024-01-05", "completed", None, "ug/dL"),
        ("3", "lead", "venous blood", "2024-01-05", "completed", 0, "ug/dL"),
    ]


def test_a_questionnaire_is_a_row_per_domain_and_one_for_the_whole(partner: OnePartner) -> None:
    partner.contract("developmental_screening")
    path = send(
        partner,
        "asq",
        "Child ID,Instrument,Date Completed,Communication Score,Communication Result,Gross Motor Score,"
        "Gross Motor Result,Fine Motor Score,Problem Solving Score,Personal-Social Score,Overall Result,Referred",
        "1,ASQ-3,01/05/2024,55,Above cutoff,20,Below cutoff,,,40,Refer,Yes",
        "2,M-CHAT-R,01/06/2024,,,,,,,,Low risk,No",
    )
    outcome = partner.load(path)["screening.developmental_screening"]
    assert (outcome.outcome, outcome.rows) == ("accepted", 5), outcome.reason
    assert partner.rows(
        "screening",
        "select student_id, screening_type, instrument, domain, screening_result, numeric_result::integer,"
        " was_referred from raw order by student_id, domain nulls first",
    ) == [
        ("1", "developmental", "ASQ-3", None, "Refer", None, True),
        ("1", "developmental", "ASQ-3", "communication", "Above cutoff", 55, True),
        ("1", "developmental", "ASQ-3", "gross_motor", "Below cutoff", 20, True),
        ("1", "developmental", "ASQ-3", "personal_social", "completed", 40, True),
        ("2", "autism", "M-CHAT-R", None, "Low risk", None, False),
    ]


def test_domains_may_be_rows_already(partner: OnePartner) -> None:
    partner.contract("developmental_screening_by_domain")
    path = send(
        partner,
        "asq",
        "Child ID,Tool,Screening Date,Area,Score,Status",
        "1,ASQ-3,2024-01-05,Communication,55,Above",
        "1,ASQ-3,2024-01-05,Gross Motor,20,Below",
    )
    outcome = partner.load(path)["screening.developmental_screening_by_domain"]
    assert (outcome.outcome, outcome.rows) == ("accepted", 2), outcome.reason
    assert partner.rows("screening", "select domain, screening_result from raw order by 1") == [
        ("Communication", "Above"),
        ("Gross Motor", "Below"),
    ]


def test_of_claims_the_well_child_visits_are_taken(partner: OnePartner) -> None:
    partner.contract("well_child_visits")
    path = send(
        partner,
        "wellchild",
        "Member ID,DOS,CPT,DX",
        "1,01/05/2024,99392,Z00.129",
        "1,01/05/2024,90460,Z00129",  # the same visit's vaccination
        "1,02/05/2024,99213,J06.9",
        "2,03/05/2024,,Z00.121",
        "3,04/05/2024,99396,Z00.00",  # an adult
    )
    outcome = partner.load(path)["screening.well_child_visits"]
    assert (outcome.outcome, outcome.rows) == ("accepted", 2)
    assert partner.rows("screening", "select student_id, screened_date::varchar from raw order by 1") == [
        ("1", "2024-01-05"),
        ("2", "2024-03-05"),
    ]


def test_of_visits_without_codes_all_are_taken(partner: OnePartner) -> None:
    partner.contract("well_child_visits")
    path = send(partner, "wellchild", "Child ID,Visit Date", "1,2024-01-05", "1,2024-02-05")
    outcome = partner.load(path)["screening.well_child_visits"]
    assert (outcome.outcome, outcome.rows) == ("accepted", 2)


@pytest.mark.parametrize(
    ("layout", "header"),
    [
        ("immunization_registry", "Patient ID,CVX"),
        ("birth_record", "Child ID,ZIP"),
        ("lead_screening", "Child ID,Result"),
        ("developmental_screening", "Child ID,Score"),
        ("well_child_visits", "Child ID,CPT"),
    ],
)
def test_a_file_without_its_date_is_refused(partner: OnePartner, layout: str, header: str) -> None:
    partner.contract(layout)
    pattern = load_layout(layout).files[0].replace("{school_year}", "2024").replace("*", "")
    path = write_csv(partner.sent / f"ours_{pattern}", header, ["1,2"])
    outcomes = partner.load(path)
    assert "rejected" in {o.outcome for o in outcomes.values()}
    assert any("_date' has no header in the file" in o.reason for o in outcomes.values())
