"""Decisions about places in a community's folder: what is taken, and what is refused with its line."""

from pathlib import Path

import duckdb
import pytest

from ingestion.configuration.reference import write_reference
from ingestion.errors import ContractError
from ingestion.home import Home
from tests.ingestion.configuration import millbrook

HEADER = "entity,partner_id,id,other_entity,other_partner_id,other_id,decision,reviewer,decided_on,reason\n"
ENDS = "R. Rivera,2025-09-12,seen on site\n"


def refusal(tmp_path: Path, *lines: str) -> str:
    rows = "".join(f"{line},{ENDS}" for line in lines)
    with pytest.raises(ContractError) as caught:
        millbrook(tmp_path, **{"same_places.csv": HEADER + rows})
    return str(caught.value)


def test_decisions_are_a_table_with_numbers_in_lower_case(tmp_path: Path) -> None:
    rows = f"school,mill_schools,A1,site,mill_clinic,7,same,{ENDS}site,mill_clinic,7,,mill_clinic,8,different,{ENDS}"
    communities = millbrook(tmp_path / "communities", **{"same_places.csv": HEADER + rows})
    home = Home(tmp_path / "home")
    write_reference(home, communities)
    columns = "entity, partner_id, local_id, other_entity, other_partner_id, other_local_id, decision"
    found = duckdb.sql(f"select {columns} from '{home.reference_file('same_places')}'").fetchall()
    assert found == [
        ("school", "mill_schools", "a1", "site", "mill_clinic", "7", "same"),
        ("site", "mill_clinic", "7", "site", "mill_clinic", "8", "different"),
    ]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("school,mill_school,1,site,mill_clinic,7,same", "no partner is called 'mill_school'. Did you mean"),
        ("school,mill_schools,1,organization,mill_clinic,7,same", "an organization is compared with a site"),
        ("school,mill_schools,A1,,mill_schools,a1,same", "an account is compared with itself"),
        (
            "school,mill_schools,1,site,mill_clinic,7,maybe",
            "'decision': input should be 'same' or 'different'",
        ),
        ("skool,mill_schools,1,site,mill_clinic,7,same", "'entity': input should be"),
    ],
)
def test_a_row_that_decides_nothing_is_refused_with_its_line(tmp_path: Path, line: str, says: str) -> None:
    message = refusal(tmp_path, "site,mill_clinic,1,,mill_clinic,2,different", line)
    assert f"same_places.csv:3: {says}" in message


def test_a_pair_decided_twice_is_refused_in_either_order(tmp_path: Path) -> None:
    message = refusal(
        tmp_path,
        "school,mill_schools,1,site,mill_clinic,7,same",
        "site,mill_clinic,7,school,mill_schools,1,different",
    )
    assert "same_places.csv:3: the same entry as in line 2" in message


def test_rows_that_contradict_each_other_are_one_error(tmp_path: Path) -> None:
    message = refusal(
        tmp_path,
        "school,mill_schools,1,site,mill_clinic,7,same",
        "site,mill_clinic,7,,mill_clinic,8,same",
        "site,mill_clinic,8,school,mill_schools,1,different",
    )
    assert (
        "'site mill_clinic 8' and 'school mill_schools 1' are 'different', and the same by other rows"
        in message
    )
    assert message.count("same_places.csv") == 1


def test_a_day_written_otherwise_is_refused_with_the_way_to_write_it(tmp_path: Path) -> None:
    row = "site,mill_clinic,1,,mill_clinic,2,different,R. Rivera,11/01/2026,seen on site\n"
    with pytest.raises(ContractError) as caught:
        millbrook(tmp_path, **{"same_places.csv": HEADER + row})
    said = "same_places.csv:2: 'decided_on': a day is written YYYY-MM-DD, such as 2025-09-12."
    assert str(caught.value).endswith(said)
