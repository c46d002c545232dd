"""The ids a configuration may name are those that the registry describes."""

from ingestion.configuration.indicators import indicator_ids
from publishing.dbt_project import DBT_PROJECT
from publishing.registry import load_registry


def test_the_ids_are_those_of_the_registry() -> None:
    assert set(indicator_ids()) == set(load_registry(DBT_PROJECT))
