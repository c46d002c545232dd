"""Cells by neighborhood, for a community whose folder tells of its own."""

from __future__ import annotations

from typing import Any

from tiny_warehouse import Lake, Warehouse

# child: tract and ZIP code of its home, days absent of 100 (ten and more is chronic)
CHILDREN = {
    "1": ("27123030100", "55107", 20),
    "2": ("27123030100", "55107", 0),
    "3": ("27123030200", "55107", 0),  # its tract is not listed, its ZIP code is
    "4": (None, "55107", 0),
    "5": ("27123030900", "55999", 20),
    "6": (None, None, 20),
}


def test_children_are_counted_by_the_neighborhood_of_their_home(manifest: Any, lake: Lake) -> None:
    homes = {child: {"tract_id": tract, "zip_code": zip_code} for child, (tract, zip_code, _) in CHILDREN.items()}
    lake.deliver("person", 2025, [{"student_id": child, **home} for child, home in homes.items()])
    days = {"school_id": "A", "days_enrolled": 100}
    told = [{"student_id": child, "days_absent": absent, **days} for child, (*_, absent) in CHILDREN.items()]
    lake.deliver("attendance", 2025, told)
    areas = (("tract", "27123030100", "North End"), ("zip", "55107", "South Bank"))
    lake.reference["neighborhoods"] = [
        {"community_id": "riverbend", "geography_level": level, "geography_id": place, "neighborhood": name}
        for level, place, name in areas
    ]
    warehouse = Warehouse(manifest, lake.finish())
    warehouse.build("--resource-type", "model", "--resource-type", "seed", "--select", "+indicator_cells")
    cells = warehouse.query("""
        select geography_level, subgroup, denominator, numerator from marts.indicator_cells
        where disaggregate = 'neighborhood' and indicator_id = 'chronic_absence' and definition_version = 'ten_percent'
            and geography_level in ('community', 'school')
        order by all
    """)
    by_neighborhood = [("North End", 2, 1), ("South Bank", 2, 0), ("unknown", 2, 2)]
    assert cells == [(level, *cell) for level in ("community", "school") for cell in by_neighborhood]
    pairs = warehouse.query("select count(*) from marts.indicator_cells where contains(disaggregate, 'neighborhood_x')")
    assert pairs == [(0,)]
