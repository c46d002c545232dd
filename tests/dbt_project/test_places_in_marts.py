"""From what partners deliver to places in the marts: the views, the links, and facts that have a place."""

from __future__ import annotations

from typing import Any

import pytest
from tiny_warehouse import Lake, Warehouse

from identity.places import link
from identity.places.accounts import VIEWS
from ingestion.configuration.reference_tables import TABLES


def test_a_school_and_the_club_in_it_are_one_place_in_the_facts(
    manifest: Any, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.reference["partners"] = [
        {"community_id": "riverbend", "partner_id": partner, "partner_name": title, "sector": "service"}
        for partner, title in (("north", "North Schools"), ("club", "Otter Club"), ("guide", "The guide"))
    ]
    lake.deliver("school", 2025, [{"school_id": "A1", "school_name": "Oak Elementary", "zip_code": "55101"}])
    spell = {"student_id": "1", "entry_date": "2024-09-01", "grade_level": "03"}
    lake.deliver("enrollment", 2025, [{**spell, "school_id": " a1 "}, {**spell, "school_id": "not described"}])
    site = {"site_id": "s", "site_name": "OAK ELEM. SCHOOL", "zip_code": "55101"}
    lake.deliver("site", 2025, [site], partner="club")
    at_club = {"student_id": "9", "program_id": "p", "start_date": "2024-10-01"}
    lake.deliver("participation", 2025, [{**at_club, "site_id": "s"}, {**at_club, "site_id": None}], partner="club")
    # a standard's organizations are seen through the same views
    organization = {"extract_id": "guide.hsds_organization.hsds_3_datapackage", "id": "o", "name": "Otter Club"}
    lake.deliver("hsds_organization", 2025, [organization], partner="guide")
    home = lake.finish()
    lake._write(home.reference_file("same_places"), TABLES["same_places"], [])
    warehouse = Warehouse(manifest, home)
    kinds = ("--resource-type", "model", "--resource-type", "seed")
    warehouse.build(*kinds, "--select", *(f"+{view}" for view in VIEWS))

    counts = link.link_places(home, home.snapshot, code="1")
    assert (counts.accounts, counts.by_names) == (7, 4)
    # nothing is collected again while no file changed, and nothing linked while no account did
    monkeypatch.setattr(link, "link_accounts", None)
    later = home.raw_file("attendance", "north__attendance", 2025, "annual")
    later.parent.mkdir(parents=True, exist_ok=True)
    later.write_bytes(home.empty_raw_file("attendance").read_bytes())
    warehouse.build(*kinds, "--select", "places__number")
    assert link.link_places(home, home.snapshot, code="1") == counts
    monkeypatch.setattr(link, "collect_accounts", None)
    assert link.link_places(home, home.snapshot, code="1") == counts

    marts = ("dim_place", "dim_place_account", "fct_enrollment", "fct_participation", "dim_program")
    warehouse.build(*kinds, "--select", *(f"+{mart}" for mart in marts))
    tests = ("dim_place_key_is_unique", "dim_place_account_key_is_unique", "dim_place_account_places_are_there")
    result = warehouse.dbt("test", "--select", *tests, "fct_enrollment_schools_are_places")
    assert (result.success, len(result.result)) == (True, 4)
    assert warehouse.query("""
        select place_name, kind, n_accounts, n_partners from marts.dim_place where n_accounts > 1 order by 1
    """) == [("Oak Elementary", "site", 2, 2), ("Otter Club", "organization", 2, 2)]
    enrolled = warehouse.query("""
        select organization_id, place_name from marts.fct_enrollment left join marts.dim_place using (place_id)
        order by 1
    """)
    assert enrolled == [("north:a1", "Oak Elementary"), ("north:not described", None)]
    met = warehouse.query("""
        select site_id, place_name from marts.fct_participation left join marts.dim_place using (place_id)
        order by 1 nulls last
    """)
    assert met == [("club:s", "Oak Elementary"), (None, None)]
