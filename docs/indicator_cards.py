"""Writes the cards of indicators.md from the registry: run `python docs/indicator_cards.py`."""

from itertools import groupby
from pathlib import Path

from ingestion.configuration.disaggregates import DISAGGREGATES
from ingestion.yaml_nodes import plain
from publishing.dbt_project import DBT_PROJECT
from publishing.registry import REGISTRY, Definition, Indicator, load_registry

PAGE = Path(__file__).with_name("indicators.md")
BEGIN, END = "<!-- written from the registry -->\n", "<!-- end -->\n"
PLACES = {
    "accountable_school": "the school that answers for the child's year",
    "receiving_school": "the school that receives the child",
    "school_of_graduation": "the high school of the diploma, or of the class",
    "residence": "no school; by ZIP code and tract, and in the community",
}


def card(indicator: Indicator, description: str) -> str:
    """One indicator: what it is, who counts, where, from what, its versions, and what to bear in mind."""
    better = "higher is better" if indicator.better == "up" else "lower is better"
    lines = [
        f"#### {indicator.title}",
        "",
        description,
        "",
        f"`{indicator.id}` · {indicator.unit} · {better} · {indicator.timing}",
        "",
        f"- Counted at: {PLACES[indicator.place]}",
        f"- Made of: {', '.join(f'`{name}`' for name in indicator.required_entities)}",
    ]
    if indicator.ew_indicator:
        lines.append(f"- E-W Framework: {indicator.ew_indicator}")
    if indicator.caveats:
        lines.append(f"- Bear in mind: {indicator.caveats}")
    lines += ["", "| version | parameters | years | source |", "|---|---|---|---|"]
    lines += [_version(definition) for definition in indicator.definitions]
    return "\n".join(lines) + "\n"


def _version(definition: Definition) -> str:
    name = f"**`{definition.version}`**" if definition.is_default else f"`{definition.version}`"
    parameters = ", ".join(f"{key} = {value}" for key, value in definition.parameters.items())
    years = f"{definition.first_year or ''}–{definition.last_year or ''}".strip("–") or "all"
    return f"| {name} | {parameters} | {years} | {definition.citation} |"


def with_cards(page: str) -> str:
    """The page with what stands between its markers written anew: the stages, and a card per indicator."""
    descriptions = {
        model["name"]: model["description"].strip() for model in plain(DBT_PROJECT / REGISTRY)["models"]
    }
    registry = load_registry(DBT_PROJECT)
    stages = list(dict.fromkeys(indicator.stage for indicator in registry.values()))
    by_stage = sorted(registry.values(), key=lambda indicator: stages.index(indicator.stage))
    parts = [f"{len(registry)} indicators, by {len(DISAGGREGATES)} disaggregates and their pairs.\n"]
    for stage, indicators in groupby(by_stage, key=lambda indicator: indicator.stage):
        parts.append(f"### {stage.capitalize()}\n")
        parts += [card(indicator, descriptions[indicator.id]) for indicator in indicators]
    head, _ = page.split(BEGIN)
    _, tail = page.split(END)
    return head + BEGIN + "\n" + "\n".join(parts) + "\n" + END + tail


if __name__ == "__main__":
    PAGE.write_text(with_cards(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
