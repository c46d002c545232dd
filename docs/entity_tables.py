"""Writes the tables of entities.md from the canonical entities: run `python docs/entity_tables.py`."""

from pathlib import Path

from ingestion.contracts.conformed import conformed_codes
from ingestion.contracts.entities import Entity, EntityColumn, canonical_entities

PAGE = Path(__file__).with_name("entities.md")
BEGIN, END = "<!-- written from ingestion/layouts/canonical -->\n", "<!-- end -->\n"


def section(entity: Entity) -> str:
    """One entity as a heading, what a row is, its key, and a table of its columns."""
    lines = [
        f"### {entity.entity}",
        "",
        f"{entity.title}: {entity.grain}.",
        "",
        "Key: " + ", ".join(f"`{name}`" for name in entity.key) + ".",
        "",
        "| column | type | meaning |",
        "|---|---|---|",
    ]
    lines += [_row(name, column) for name, column in entity.columns.items()]
    return "\n".join(lines) + "\n"


def _row(name: str, column: EntityColumn) -> str:
    notes = [
        "required" if column.required else "",
        "direct identifier" if column.pii == "direct" else "",
        "{:g} to {:g}".format(*column.between) if column.between else "",
    ]
    kind = ", ".join([column.type, *filter(None, notes)])
    meaning = column.description.replace("|", "\\|")
    return f"| `{name}` | {kind} | {meaning} |"


def code_lists() -> str:
    """Every conformed code list, with the codes in its order."""
    columns = {name for entity in canonical_entities().values() for name in entity.columns}
    lists = {name: codes for name in sorted(columns) if (codes := conformed_codes(name))}
    rows = [f"| `{name}` | {', '.join(f'`{code}`' for code in codes)} |" for name, codes in lists.items()]
    return "\n".join(["### Code lists", "", "| column | conformed codes |", "|---|---|", *rows]) + "\n"


def with_tables(page: str) -> str:
    """The page with what stands between its markers written anew."""
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    tables = [section(entity) for entity in canonical_entities().values()]
    return before + BEGIN + "\n" + "\n".join([*tables, code_lists()]) + "\n" + END + after


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
