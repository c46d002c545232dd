"""The page of indicators is the registry, and its queries run on a release."""

from __future__ import annotations

from docs.indicator_cards import PAGE, with_cards
from publishing.dbt_project import DBT_PROJECT
from publishing.registry import load_registry

TEXT = PAGE.read_text(encoding="utf-8")


def test_the_cards_are_those_of_the_registry() -> None:
    assert with_cards(TEXT) == TEXT, "run python docs/indicator_cards.py"


def test_every_indicator_has_a_card_that_says_who_counts_and_where_it_comes_from() -> None:
    for indicator in load_registry(DBT_PROJECT).values():
        assert f"#### {indicator.title}\n" in TEXT
        assert f"`{indicator.id}` · {indicator.unit}" in TEXT
