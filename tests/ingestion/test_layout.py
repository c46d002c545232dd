"""Layouts: what ships is sound, and a contract of three lines is checked as strictly as any other."""

from pathlib import Path

import pytest

from ingestion.contracts.entities import load_entities
from ingestion.contracts.layout import layout_files, load_layout
from ingestion.contracts.layout_contracts import load_contracts
from ingestion.errors import ContractError

LINES = "partner: mill\nlayout: {layout}\nagreement: mill_2025\n"


def written(folder: Path, layout: str = "oneroster_csv_1_1", more: str = "", name: str = "") -> Path:
    path = folder / (name or f"mill__{layout}.yml")
    path.write_text(LINES.format(layout=layout) + more)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(ContractError) as refused:
        load_contracts(path)
    return str(refused.value)


@pytest.mark.parametrize("layout", layout_files())
def test_three_lines_are_a_contract_of_every_layout(tmp_path: Path, layout: str) -> None:
    contracts = load_contracts(written(tmp_path, layout))
    assert len({contract.extract_id for contract in contracts}) == len(load_layout(layout).extracts)
    assert {contract.bundle for contract in contracts} == {f"mill.{layout}"}
    assert {contract.layout for contract in contracts} == {layout}


@pytest.mark.parametrize("layout", layout_files())
def test_another_partners_file_is_not_taken_for_ones_own(tmp_path: Path, layout: str) -> None:
    for contract in load_contracts(written(tmp_path, layout)):
        assert all(pattern.startswith(("mill/", "mill_")) for pattern in contract.patterns)


@pytest.mark.parametrize("table", [e for e in load_entities().values() if e.standard != "canonical"])
def test_references_name_tables_with_one_key(table) -> None:  # type: ignore[no-untyped-def]
    for column in table.columns.values():
        if column.references:
            assert len(load_entities()[column.references].key) == 1


def test_what_differs_is_said_table_by_table(tmp_path: Path) -> None:
    more = (
        "missing: ['', 'N/A']\n"
        "extracts:\n"
        "  oneroster_user:\n"
        "    columns: {identifier: {from: [identifier, stateId]}}\n"
        "    ignore: [nickname]\n"
        "    tolerance: {quarantined: 0.1}\n"
    )
    by_entity = {contract.entity: contract for contract in load_contracts(written(tmp_path, more=more))}
    user, org = by_entity["oneroster_user"], by_entity["oneroster_org"]
    assert user.columns["identifier"].headers == ("identifier", "stateId")
    assert user.columns["sourced_id"].headers == ("sourcedId",)
    assert {"nickname", "password"} <= set(user.ignore)
    assert (user.tolerance.quarantined, org.tolerance.quarantined) == (0.1, 0.02)
    assert user.missing == org.missing == ("", "N/A")


def test_a_version_has_its_own_columns(tmp_path: Path) -> None:
    users = {
        layout: next(c for c in load_contracts(written(tmp_path, layout)) if c.entity == "oneroster_user")
        for layout in ("oneroster_csv_1_1", "oneroster_csv_1_2")
    }
    assert "org_sourced_ids" in users["oneroster_csv_1_1"].columns
    assert "org_sourced_ids" not in users["oneroster_csv_1_2"].columns


def test_the_delivery_is_due_once(tmp_path: Path) -> None:
    contracts = load_contracts(written(tmp_path, more="expects: {annual: 08-15}\n"))
    assert [contract.expects for contract in contracts if contract.expects] == [{"annual": "08-15"}]


@pytest.mark.parametrize(
    ("more", "layout", "line", "said"),
    [
        ("", "oneroster_csv_1_3", 2, "unknown layout 'oneroster_csv_1_3'. Did you mean 'oneroster_csv_1_"),
        ("extracts: {oneroster_users: {}}\n", "", 4, "has no extract 'oneroster_users'. Did you mean"),
        ("extracts: {oneroster_user: {columns: {nam: {from: [x]}}}}\n", "", 4, "'nam' is not a column"),
        ("extracts: {oneroster_user: {columns: {grades: {fom: [x]}}}}\n", "", 4, "unknown field"),
        ("file: a.zip\nfiles: [b.zip]\n", "", 1, "give one of file and files"),
        ("entity: person\n", "", 4, "unknown field 'entity'"),
    ],
)
def test_a_mistake_is_named_with_its_line(
    tmp_path: Path, more: str, layout: str, line: int, said: str
) -> None:
    message = refusal(written(tmp_path, layout or "oneroster_csv_1_1", more))
    assert said in message
    assert f".yml:{line}: " in message


def test_the_file_is_named_after_partner_and_layout(tmp_path: Path) -> None:
    assert "Name it mill__oneroster_csv_1_1.yml" in refusal(written(tmp_path, name="mill__roster.yml"))
