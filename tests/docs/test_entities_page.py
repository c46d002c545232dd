"""docs/entities.md tells of the canonical entities, of all of them and of no other."""

import re
from pathlib import Path

from docs.entity_tables import BEGIN, END, PAGE, with_tables
from ingestion.contracts.entities import canonical_entities

ROOT = Path(__file__).parents[2]
TEXT = PAGE.read_text(encoding="utf-8")
MODELS = {path.stem for path in (ROOT / "dbt_project").glob("models/**/*.sql")}
SEEDS = {path.stem for path in (ROOT / "dbt_project").glob("seeds/**/*.csv")}


def test_the_tables_are_those_of_the_entities() -> None:
    assert with_tables(TEXT) == TEXT, "run python docs/entity_tables.py"


def test_every_entity_stands_in_one_sector() -> None:
    sectors = TEXT.partition("| sector |")[2].partition("\n\n")[0]
    named = re.findall(r"`(\w+)`", sectors)
    assert sorted(named) == sorted(canonical_entities())


def test_the_text_names_nothing_that_does_not_exist() -> None:
    before, tables, after = re.split(f"{BEGIN}|{END}", TEXT)
    macros = "".join(path.read_text() for path in (ROOT / "dbt_project" / "macros").glob("*.sql"))
    columns = "".join(
        path.read_text() for path in (ROOT / "dbt_project" / "models" / "marts").glob("**/*.yml")
    )
    ours = {"person_id", "community_id", "partner_id", "household_key"}
    known = {*canonical_entities(), *MODELS, *SEEDS, *ours, *re.findall(r"\w+", tables + macros + columns)}
    assert set(re.findall(r"`([a-z]+(?:_[a-z]+)+)\b", before + after)) - known == set()
