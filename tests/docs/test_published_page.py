"""docs/published.md tells of the tables and columns of a release, of all of them and of no other."""

import re
from pathlib import Path

import duckdb
import pytest

from docs.published_tables import BEGIN, END, PAGE, models, with_tables
from ingestion.configuration.disaggregates import DISAGGREGATES

ROOT = Path(__file__).parents[2]
TEXT = PAGE.read_text(encoding="utf-8")
QUALITY = ROOT / "dbt_project" / "models" / "marts" / "quality" / "_quality.yml"  # the states of a delivery
QUERIES = [
    *re.findall(r"^```sql\n(.*?)^```$", TEXT, re.M | re.S),
    *re.findall(r'milepost query "(select .*?)"', (ROOT / "README.md").read_text(encoding="utf-8"), re.S),
]


@pytest.fixture(scope="module")
def release() -> duckdb.DuckDBPyConnection:
    """The tables of a release as _published.yml promises them, without rows."""
    con = duckdb.connect()
    con.execute("create schema published; use published")
    for model in models():
        columns = ", ".join(f"{column['name']} {column['data_type']}" for column in model["columns"])
        con.execute(f"create table {model['name']} ({columns})")
    return con


def test_the_tables_are_those_of_the_models() -> None:
    assert with_tables(TEXT) == TEXT, "run python docs/published_tables.py"


def test_the_text_names_nothing_that_does_not_exist() -> None:
    before, tables, after = re.split(f"{BEGIN}|{END}", TEXT)
    known = {*DISAGGREGATES, *re.findall(r"\w+", tables + QUALITY.read_text(encoding="utf-8"))}
    assert set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", before + after)) - known == set()


@pytest.mark.parametrize("sql", QUERIES)
def test_the_queries_can_be_asked(release: duckdb.DuckDBPyConnection, sql: str) -> None:
    assert release.sql(sql).columns
