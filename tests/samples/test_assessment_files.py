"""Vendors' assessment files: each is read by its product's layout, no column unseen, no result lost."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path

import pytest
from assessment_files import SAMPLES, Sample

from expectations.loading import load_file
from expectations.outcome import LoadOutcome
from ingestion.configuration.community import load_communities
from ingestion.contracts.layout import layout_files
from ingestion.contracts.layout_contracts import load_contracts
from ingestion.home import Home
from ingestion.landing.receive import receive
from ingestion.readers.headers import keep_declared
from ingestion.readers.spellings import as_declared

pytestmark = [pytest.mark.samples, pytest.mark.xdist_group("assessments")]

COMMUNITY = """\
community: mill
name: Mill
school_years: {first: 2010, last: 2027}
collections: {annual: {maturity: final}}
partners: {mill: {title: Mill schools, sector: k12}}
"""
AGREEMENTS = (
    "agreements: {open: {parties: [mill], purpose: trying out, starts: 2018-01-01, expires: 2999-01-01}}\n"
)
# anonymised files give one number to many students, so any share of rows may be held back here
CONTRACT = (
    "partner: mill\nlayout: {layout}\nagreement: open\ntolerance: {{quarantined: 1, year_over_year: 99}}\n"
)
# lists of headers that are no product's file: a record of fixed width, groups above the names, a template
NO_HEADERS = ("CIRCLE/", "TX_KEA/", "CogAT/data/sample_anonymized_file.txt", "Records_anonymized.txt")
NO_PRODUCT = ("_template_bundle", "columns_by_year", "STAAR_Summative/data/sample_anonymized_file.txt")
PRODUCTS_WITHOUT_A_FILE = {
    "ACCUPLACER": "accuplacer", "ASVAB": "asvab", "BASC3_BESS": "basc3_bess", "Cambridge": "cambridge", "IB": "ib",
    "MVPA": "mvpa", "WIN": "win",
}  # fmt: skip


@pytest.fixture(scope="module")
def files(samples: Path) -> Path:
    folder = samples / "edfi_bundle_assessment_samples"
    if not folder.is_dir():
        pytest.skip(f"assessment files are absent: {folder}")
    return folder


def contract_of(folder: Path, layout: str) -> Path:
    path = folder / f"mill__{layout}.yml"
    path.write_text(CONTRACT.format(layout=layout))
    return path


class Mill:
    """A home whose one partner sends a product's files."""

    def __init__(self, folder: Path, layout: str) -> None:
        mill = folder / "communities" / "mill"
        (mill / "extracts").mkdir(parents=True)
        (mill / "community.yml").write_text(COMMUNITY)
        (mill / "agreements.yml").write_text(AGREEMENTS)
        contract_of(mill / "extracts", layout)
        self.bundle, self.home = f"mill.{layout}", Home(folder / "home")
        self.communities = load_communities(folder / "communities")

    def load(self, file: Path, school_year: int | None) -> LoadOutcome:
        deliveries = receive(self.home, self.communities, file, extract=self.bundle, school_year=school_year)
        (outcome,) = load_file(self.home, self.communities, deliveries)
        return outcome


def test_every_file_has_its_layout(files: Path) -> None:
    there = {path.name for path in files.iterdir() if path.suffix in (".csv", ".txt")}
    assert {sample.file for sample in SAMPLES} == there
    assert {sample.layout for sample in SAMPLES} <= layout_files().keys()


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.label)
def test_every_result_of_a_file_is_loaded_or_held_back(tmp_path: Path, files: Path, sample: Sample) -> None:
    file = files / sample.file
    if sample.layout == "nwea_map_growth":
        file = _mended(file, tmp_path)
    outcome = Mill(tmp_path, sample.layout).load(file, sample.school_year)
    assert (outcome.reason if outcome.outcome == "rejected" and not sample.held else "") == ""
    assert outcome.rows == sample.count(file.parent)
    assert outcome.quarantined == sample.held, sample.why


def _mended(file: Path, folder: Path) -> Path:
    """MAP Growth's sample with the comma that its last record lacks."""
    copy = folder / file.name
    copy.write_text(file.read_text().rstrip("\n") + ",\n")
    return copy


def test_a_record_that_lacks_a_cell_is_refused_with_its_row(tmp_path: Path, files: Path) -> None:
    name = "MAP_Growth__sample_anonymized_file.csv"
    mill = Mill(tmp_path, "nwea_map_growth")
    outcome = mill.load(shutil.copy(files / name, tmp_path / name), None)
    assert outcome.outcome == "rejected"
    assert f"{name}, row 8: the row has 142 cells, the header row 143" in outcome.reason
    assert not list(mill.home.raw.rglob("*.parquet"))


def _header_rows(samples: Path) -> dict[str, str]:
    listed = samples.parent / "standards" / "assessment_vendor_files" / "headers.txt"
    if not listed.is_file():
        pytest.skip(f"the list of headers is absent: {listed}")
    sections = re.split(r"^## ", listed.read_text(encoding="utf-8"), flags=re.M)[1:]
    named = (section.partition("\n") for section in sections)
    return {name.strip(): body.strip("\n").split("\n")[0] for name, _, body in named}


def test_every_header_of_every_product_is_mapped_or_ignored(tmp_path: Path, samples: Path) -> None:
    layouts = {sample.file.replace("__", "/data/", 1): sample.layout for sample in SAMPLES}
    unseen, n_read = {}, 0
    for name, row in _header_rows(samples).items():
        short = name.removeprefix("assessments/")
        layout = layouts.get(short) or PRODUCTS_WITHOUT_A_FILE.get(short.split("/")[0])
        if any(part in name for part in (*NO_HEADERS, *NO_PRODUCT)):
            continue
        assert layout, name
        headers = next(csv.reader([row.lstrip("\ufeff")], delimiter="\t" if layout == "mo_map" else ","))
        contracts = load_contracts(contract_of(tmp_path, layout))
        try:
            keep_declared(as_declared(headers, contracts), contracts, name)
        except Exception as error:  # told all at once
            unseen[name] = str(error)
        n_read += 1
    assert unseen == {}
    assert n_read == 68  # of 75: four are no headers, three no products
