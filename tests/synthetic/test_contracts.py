"""Riverbend's configuration fits the files that Riverbend's partners write."""

from pathlib import Path

import pytest

from ingestion.configuration.community import Community, load_communities
from ingestion.contracts.contract import match_file
from synthetic import Manifest
from synthetic.partners import early_childhood, lakeshore, registries, river_city

COMMUNITIES = Path(__file__).parents[2] / "communities"


@pytest.fixture(scope="module")
def configured() -> Community:
    return load_communities(COMMUNITIES).communities["riverbend"]


def test_every_file_is_read_by_the_contracts_the_manifest_names(
    riverbend: Manifest, configured: Community
) -> None:
    for file in (*riverbend.deliveries, *riverbend.rejected):
        contracts = configured.contracts_for(file.path)
        assert {c.extract_id for c in contracts} == {one.extract_id for one in file.expected}, file.path
        for contract in contracts:
            match = match_file(contract, file.path)
            assert match is not None
            assert match.school_year in (file.school_year, None)
            assert match.collection in (file.collection, None)


def test_every_contract_has_files_and_a_due_date_for_each_collection(
    riverbend: Manifest, configured: Community
) -> None:
    sent = {(one.extract_id, file.collection) for file in riverbend.deliveries for one in file.expected}
    assert {extract for extract, _ in sent} == set(configured.contracts)
    expects = {c.bundle or extract: c.expects for extract, c in configured.contracts.items() if c.expects}
    expected = {
        (extract, name)
        for extract, c in configured.contracts.items()
        for name in expects.get(c.bundle or extract, {})
    }
    # what was sent once, as a backfill, is expected never
    assert sent - expected == {("lakeshore_unified.assessment.history", "annual")}
    assert expected <= sent


CROSSWALKS = {
    **{module.PARTNER: module.CROSSWALK for module in (river_city, lakeshore)},
    **registries.CROSSWALKS,
    **early_childhood.CROSSWALKS,
}


@pytest.mark.parametrize("partner", CROSSWALKS)
def test_crosswalks_translate_what_partners_write(partner: str, configured: Community) -> None:
    written = {
        (field, code, conformed, first, last)
        for field, codes, first, last in CROSSWALKS[partner]
        for conformed, code in codes.items()
    }
    rows = configured.crosswalks[partner]
    stated = {(r.field, r.partner_code, r.conformed_code, r.first_year, r.last_year) for r in rows}
    assert stated == written
