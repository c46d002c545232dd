"""Which raw tables an indicator is made of, by a manifest of a few models."""

from publishing.lineage import indicator_entities


def node(name: str, *parents: str) -> dict[str, object]:
    return {"name": name, "resource_type": "model", "depends_on": {"nodes": list(parents)}}


def test_what_is_needed_what_groups_children_and_what_is_merely_read_are_told_apart() -> None:
    sources = ("attendance", "edfi_attendance", "person", "discipline", "health_coverage", "crosswalk_of_all")
    manifest = {
        "sources": {
            **{f"source.raw.{name}": {"name": name, "source_name": "raw"} for name in sources},
            "source.reference.cut": {"name": "cut", "source_name": "reference"},
        },
        "nodes": {
            "stg_codes": node("stg_codes", "source.raw.crosswalk_of_all"),
            "edfi": node("edfi__attendance", "source.raw.edfi_attendance", "stg_codes"),
            "stg_attendance": node("stg_attendance", "source.raw.attendance", "edfi"),
            "stg_person": node("stg_person", "source.raw.person", "stg_codes"),
            "fct": node("fct_student_year", "stg_attendance", "stg_person", "source.raw.discipline"),
            "absence": node("absence", "fct", "source.reference.cut"),
            "cells": node("int_indicator_cells", "fct"),
            "coverage": node("coverage", "source.raw.health_coverage"),
        },
    }
    found = indicator_entities(manifest, {"absence": ["attendance"], "coverage": ["health_coverage"]})
    groups = {name: role for name, role in found["absence"].items() if role == "groups"}
    assert "person" in groups
    assert "attendance" not in groups
    assert {
        name: role for name, role in found["absence"].items() if name in sources and name != "person"
    } == {
        "attendance": "counts",
        "edfi_attendance": "counts",
        "discipline": "other",
    }
    assert found["coverage"]["health_coverage"] == "counts"
    assert found["coverage"]["attendance"] == "other"
