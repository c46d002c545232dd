"""Participants of programs beside children alike in none, from what partners deliver, by either method."""

from __future__ import annotations

from typing import Any

import pytest
from tiny_warehouse import Lake, Row, Warehouse

# child: grade, days absent of 100 in 2025 (ten and more is chronic), the year before, program and sessions
CHILDREN: dict[str, tuple[str, int, int | None, str | None, int]] = {
    "p1": ("03", 20, 5, "club:exact", 1),
    "p2": ("03", 0, 1, "club:exact", 2),
    "p3": ("05", 0, 1, "club:exact", 3),
    "q1": ("03", 20, 2, "club:pairs", 1),
    "q2": ("04", 0, None, "club:pairs", 2),
    "n1": ("03", 20, 2, None, 0),
    "n2": ("03", 0, 4, None, 0),
    "n3": ("03", 0, 6, None, 0),
    "n4": ("03", 0, 8, None, 0),
    "n5": ("04", 20, None, None, 0),
}


def attended(child: str, days_absent: int) -> Row:
    return {"student_id": child, "school_id": "A", "days_enrolled": 100, "days_absent": days_absent}


@pytest.fixture
def warehouse(lake: Lake, manifest: Any) -> Warehouse:
    grades = {child: told[0] for child, told in CHILDREN.items()}
    for year in (2024, 2025):
        entry = {"school_id": "A", "entry_date": f"{year - 1}-08-15"}
        spells = [{"student_id": child, "grade_level": grade, **entry} for child, grade in grades.items()]
        before = {child: told[2] for child, told in CHILDREN.items() if told[2] is not None}
        days = before if year == 2024 else {child: told[1] for child, told in CHILDREN.items()}
        lake.deliver("enrollment", year, [row for row in spells if row["student_id"] in days])
        lake.deliver("attendance", year, [attended(child, absent) for child, absent in days.items()])
    took_part = [
        {"student_id": child, "program_id": told[3].split(":")[1], "sessions_attended": told[4]}
        for child, told in CHILDREN.items()
        if told[3]
    ]
    lake.deliver("participation", 2025, took_part, partner="club")
    whose = {"community_id": "riverbend", "program_id": "club:pairs"}
    lake.reference["program_matching"] = [{**whose, "method": "propensity"}]
    built = Warehouse(manifest, lake.finish())
    built.build("--resource-type", "model", "--resource-type", "seed", "--select", "+program_comparisons")
    result = built.dbt("test", "--select", "program_comparisons_key")
    assert (result.success, len(result.result)) == (True, 1)
    return built


def told(warehouse: Warehouse, program: str) -> list[tuple[Any, ...]]:
    return warehouse.query(f"""
        select dosage, method, n_participants, n_matched, n_comparisons, n_matched_successful, participant_rate,
            comparison_rate, round(absence_before_points, 6), round(largest_difference_sd, 6)
        from marts.program_comparisons
        where program_id = '{program}' and indicator_id = 'chronic_absence' and school_year = 2025
        order by dosage
    """)


def test_each_program_is_compared_by_the_method_its_community_chose(warehouse: Warehouse) -> None:
    # p1 and p2 are beside n1 to n4, nobody is in grade 5 as p3 is. Absent the year before: 0.05 and 0.01 (mean 0.03,
    # variance 0.0004) beside 0.02, 0.04, 0.06 and 0.08 (mean 0.05, variance 0.0005): 0.02 over the root of 0.00045
    assert told(warehouse, "club:exact") == [
        ("all", "exact", 3, 2, 4, 1, 0.5, 0.25, -2.0, 0.942809),
        # one child has no variance: 0.05 beside them is the same, 0.01 is 0.04 over the root of 0.00025
        ("low", "exact", 1, 1, 4, 1, 1.0, 0.25, 0.0, 0.0),
        ("middle", "exact", 1, 1, 4, 0, 0.0, 0.25, -4.0, 2.529822),
    ]
    # q1 has the grade and the absence of n1, q2 those of n5, of whom nothing is known before
    assert told(warehouse, "club:pairs") == [
        ("all", "propensity", 2, 2, 2, 1, 0.5, 1.0, 0.0, 0.0),
        ("low", "propensity", 1, 1, 1, 1, 1.0, 1.0, 0.0, 0.0),
        ("middle", "propensity", 1, 1, 1, 0, 0.0, 1.0, None, 0.0),
    ]


def test_errors_are_of_all_children_compared_not_of_one_third(warehouse: Warehouse) -> None:
    errors = warehouse.query("""
        select program_id, dosage, round(standard_error, 6) from marts.program_comparisons
        where indicator_id = 'chronic_absence' and school_year = 2025 order by all
    """)
    # exact: one stratum; p = (1 + 1 + 0.5) / (2 + 4 + 1), error = root of p (1 - p) (1/2 + 1/4); a third of one child
    # alike: p = 2.5 / 6 or 1.5 / 6, and 1/1 + 1/4. Pairs: Agresti and Caffo: of two, 2 / 4 and 3 / 4 of both sides; of one, 2 / 3 and 2 / 3,
    # 1 / 3 and 2 / 3
    assert errors == [
        ("club:exact", "all", 0.414963),
        ("club:exact", "low", 0.551198),
        ("club:exact", "middle", 0.484123),
        ("club:pairs", "all", 0.330719),
        ("club:pairs", "low", 0.3849),
        ("club:pairs", "middle", 0.3849),
    ]
