"""area_indicators.csv: numbers about areas beside an outcome, refused where one of the two is unknown."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.configuration.tables import AreaIndicatorRow, check_area_indicator_row, read_table
from ingestion.errors import ContractError

HEADER = "area_indicator_id,title,outcome,area_type,measure_id,denominator_measure_id\n"


def read(folder: Path, *lines: str) -> tuple[AreaIndicatorRow, ...]:
    path = folder / "area_indicators.csv"
    path.write_text(HEADER + "".join(f"{line}\n" for line in lines))
    return read_table(path, AreaIndicatorRow, check_area_indicator_row)


def test_a_measure_and_a_share_of_another(tmp_path: Path) -> None:
    one, two = read(
        tmp_path,
        "employed,In work,employment,county,B23025_004,B23025_003",
        "income,Median income,employment,tract,B19013_001,",
    )
    assert (one.measure_id, one.denominator_measure_id) == ("B23025_004", "B23025_003")
    assert two.denominator_measure_id is None


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("employed,In work,employmnt,county,B1,B2", r"area_indicators.csv:2: .*'employmnt'.*employment"),
        ("employed,In work,employment,county_,B1,B2", r"area_indicators.csv:2: .*county"),
        ("employed,,employment,county,B1,B2", r"area_indicators.csv:2: "),
    ],
)
def test_what_nobody_knows_is_refused_with_its_line_and_the_near_miss(
    tmp_path: Path, line: str, message: str
) -> None:
    with pytest.raises(ContractError, match=message):
        read(tmp_path, line)
