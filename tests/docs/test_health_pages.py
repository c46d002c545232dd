"""The pages of health: their contracts are ones, and the files below a contract give the rows that follow."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingestion.configuration.community import load_communities
from ingestion.contracts.entities import load_entities
from ingestion.contracts.layout import layout_files
from ingestion.contracts.sql_functions import SQL_FUNCTIONS
from publishing.dbt_project import DBT_PROJECT
from tests.standards.one_partner import OnePartner

FOLDER = Path(__file__).parents[2] / "docs" / "standards"
PAGES = ("fhir", "health_flat_files")
STANDARDS = ("fhir", "health", "synthea")
BLOCK = re.compile(r"^```(yaml contract|(?:csv|ndjson) file|csv rows)(?:=(\S+))?\n(.*?)^```$", re.M | re.S)
Block = tuple[str, str, str]  # its kind, what it is called, its text


def sections() -> Iterator[tuple[str, list[Block]]]:
    """Each contract of the pages, with the files and rows that follow it."""
    for page in PAGES:
        blocks = BLOCK.findall((FOLDER / f"{page}.md").read_text(encoding="utf-8"))
        starts = [i for i, (kind, _, _) in enumerate(blocks) if kind == "yaml contract"]
        for start, end in zip(starts, [*starts[1:], len(blocks)], strict=True):
            text = re.sub(r"^(partner|agreement): .*$", _ours, blocks[start][2], flags=re.M)
            yield text, blocks[start + 1 : end]


def _ours(line: re.Match[str]) -> str:
    return f"{line[1]}: {'ours' if line[1] == 'partner' else 'ours_2024'}"


SECTIONS = [*sections()]


@pytest.mark.parametrize(("contract", "blocks"), SECTIONS)
def test_a_contract_loads_what_follows_it(tmp_path: Path, contract: str, blocks: list[Block]) -> None:
    partner = OnePartner(tmp_path)
    (layout,) = re.findall(r"^layout: (\w+)$", contract, re.M)
    (partner.community / "extracts" / f"ours__{layout}.yml").write_text(contract)
    load_communities(partner.community.parent)  # the contract is one, also where no file follows
    sent = {partner.sent / Path(name).parts[0] for kind, name, _ in blocks if kind.endswith("file")}
    for name, text in [(name, text) for kind, name, text in blocks if kind.endswith("file")]:
        (partner.sent / name).parent.mkdir(exist_ok=True)
        (partner.sent / name).write_text(text, encoding="utf-8")
    for path in sent:
        outcomes = partner.load(path)
        assert {o.outcome for o in outcomes.values()} == {"accepted"}, [o.reason for o in outcomes.values()]
    for entity, rows in [(name, text) for kind, name, text in blocks if kind == "csv rows"]:
        header, *wanted = csv.reader(rows.splitlines())
        got = partner.rows(entity, f"select {', '.join(header)} from raw order by all nulls first")
        assert [[_written(value) for value in row] for row in got] == wanted


def test_every_layout_of_health_has_a_contract_on_a_page() -> None:
    shown = {re.findall(r"^layout: (\w+)$", contract, re.M)[0] for contract, _ in SECTIONS}
    ours = {name for name, path in layout_files().items() if path.parent.name in STANDARDS}
    told = "".join((FOLDER / f"{page}.md").read_text(encoding="utf-8") for page in PAGES)
    assert ours - {"synthea_csv_2021"} == shown
    assert all(f"`{name}`" in told for name in ours)


def test_what_the_pages_name_is_there() -> None:
    told = "".join((FOLDER / f"{page}.md").read_text(encoding="utf-8") for page in PAGES)
    named = set(re.findall(r"`((?:fhir|synthea|immunization|birth|lead|developmental|well)_\w+)`", told))
    there = {*layout_files(), *load_entities(), *SQL_FUNCTIONS}
    there |= {name for entity in load_entities().values() for name in entity.columns}
    with (DBT_PROJECT / "seeds" / "codes" / "screening_type.csv").open() as file:
        there |= {row["code"] for row in csv.DictReader(file)}
    assert named - there == set()


def _written(value: object) -> str:
    if value is None or isinstance(value, bool):
        return "" if value is None else str(value).lower()
    return re.sub(r"\.?0+$", "", str(value)) if re.fullmatch(r"\d+\.\d+", str(value)) else str(value)
