"""Pages of standards: their contracts are ones, and the files beside them give the rows that follow."""

import csv
import re
from pathlib import Path

import pytest

from ingestion.configuration.community import load_communities
from tests.standards.one_partner import OnePartner

FOLDER = Path(__file__).parents[2] / "docs" / "standards"
PAGES = ("hsds", "service_providers", "area_measures", "school_data_sync")


def blocks(page: str, kind: str) -> list[tuple[str, str]]:
    """What follows `=` after a block's kind, and its text."""
    text = (FOLDER / f"{page}.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{kind}(?:=(\S+))?\n(.*?)^```$", text, re.M | re.S)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_s_contract_loads_its_file(page: str, tmp_path: Path) -> None:
    partner = OnePartner(tmp_path)
    ((_, contract),) = blocks(page, "yaml contract")
    layout = re.search(r"^layout: (\w+)$", contract, re.M)
    assert layout
    (partner.community / "extracts" / f"ours__{layout[1]}.yml").write_text(contract)
    load_communities(partner.community.parent)  # the contract is one, also where no file follows
    for (name, text), (entity, rows) in zip(blocks(page, "csv file"), blocks(page, "csv rows"), strict=True):
        path = partner.sent / name
        path.write_text(text, encoding="utf-8")
        outcomes = partner.load(path)
        assert {o.outcome for o in outcomes.values()} == {"accepted"}, [o.reason for o in outcomes.values()]
        header, *wanted = csv.reader(rows.splitlines())
        got = partner.rows(entity, f"select {', '.join(header)} from raw order by _row_number")
        assert [[_written(value) for value in row] for row in got] == wanted


@pytest.mark.parametrize("page", PAGES)
def test_a_page_names_layouts_and_tables_that_there_are(page: str) -> None:
    from ingestion.contracts.entities import load_entities
    from ingestion.contracts.layout import layout_files

    text = (FOLDER / f"{page}.md").read_text(encoding="utf-8")
    named = set(
        re.findall(r"`((?:hsds|oneroster|sds|ohana|acs|kids|state|program|participation)_\w+)`", text)
    )
    of_columns = {name for entity in load_entities().values() for name in entity.columns}
    assert named - {*layout_files(), *load_entities()} - of_columns == set()


def _written(value: object) -> str:
    if value is None or isinstance(value, bool):
        return "" if value is None else str(value).lower()
    return re.sub(r"\.?0+$", "", str(value)) if "." in str(value) else str(value)
