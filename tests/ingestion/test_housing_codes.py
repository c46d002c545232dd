"""HUD's numbers in three versions: each has a conformed code, and a number that was renumbered keeps its group."""

import pytest

from ingestion.contracts.conformed import conformed_codes
from ingestion.contracts.layout import load_layout

HMIS = ("hmis_csv_2022", "hmis_csv_2024", "hmis_csv_2026")
GROUPS = {"homeless": "1", "institutional": "2", "temporary": "3", "permanent": "4"}
GROUPS |= {"foster_care": "2", "medical_facility": "2"}
# rentals and permanent housing with a subsidy, which became one number with the kind of subsidy beside it
WITH_SUBSIDY = {"3", "19", "20", "28", "31", "33", "34"}


@pytest.mark.parametrize("name", [*HMIS, "hud_50058", "eviction_filings"])
def test_every_code_is_a_conformed_one(name: str) -> None:
    for field, codes in load_layout(name).codes.items():
        assert set(codes.values()) <= set(conformed_codes(field)), field


@pytest.mark.parametrize("field", ["prior_living_situation", "exit_destination"])
def test_the_first_digit_since_fy2024_is_the_group(field: str) -> None:
    codes = load_layout("hmis_csv_2024").codes[field]
    by_group = {number: group for number, group in codes.items() if group in GROUPS}
    assert by_group
    assert all(number[0] == GROUPS[group] and len(number) == 3 for number, group in by_group.items())
    assert load_layout("hmis_csv_2026").codes[field] == codes


@pytest.mark.parametrize("field", ["prior_living_situation", "exit_destination"])
def test_a_number_of_fy2022_is_in_the_group_it_was_renumbered_into(field: str) -> None:
    before, after = (load_layout(name).codes[field] for name in HMIS[:2])
    moved = {
        (
            "435" if number in WITH_SUBSIDY else f"{GROUPS[group]}{number:0>2}" if group in GROUPS else number
        ): group
        for number, group in before.items()
    }
    assert moved == after


def test_a_shelter_is_one_in_every_version() -> None:
    before, after = (load_layout(name).codes["project_type"] for name in HMIS[:2])
    assert before.keys() | {"0"} == after.keys()
    assert {before["1"], after["0"], after["1"]} == {"emergency_shelter"}
    assert all(before[number] == after[number] for number in before)


@pytest.mark.parametrize(
    ("name", "prefix"), [("hmis_csv_2022", ""), ("hmis_csv_2024", "2"), ("hmis_csv_2026", "2")]
)
def test_whom_hud_leaves_out_of_exits_is_told_apart(name: str, prefix: str) -> None:
    codes = load_layout(name).codes["exit_destination"]
    # deceased, foster care, hospital, long-term care: System Performance Measure 7
    pad = 2 if prefix else 1
    left_out = {"24": "deceased", **{f"{prefix}{n:0>{pad}}": "medical_facility" for n in ("6", "25")}}
    left_out[f"{prefix}15"] = "foster_care"
    apart = ("deceased", "foster_care", "medical_facility")
    assert {number: code for number, code in codes.items() if code in apart} == left_out
