"""Writes the tables of published.md from _published.yml: run `python docs/published_tables.py`."""

from pathlib import Path
from typing import Any

from ingestion.yaml_nodes import plain

PAGE = Path(__file__).with_name("published.md")
MODELS = Path(__file__).parents[1] / "dbt_project" / "models" / "published" / "_published.yml"
BEGIN, END = "<!-- written from _published.yml -->\n", "<!-- end -->\n"


def models() -> list[dict[str, Any]]:
    """The entries of _published.yml, each under the name its table has in a release."""
    found: list[dict[str, Any]] = plain(MODELS)["models"]
    return [{**model, "name": model["name"].removeprefix("published_")} for model in found]


def section(model: dict[str, Any]) -> str:
    """One table of a release as a heading, what a row is, its key, and a table of its columns."""
    tests = [
        test["unique_combination"] for test in model.get("data_tests", []) if "unique_combination" in test
    ]
    keys = [test["arguments"]["columns"] for test in tests]
    keys += [[column["name"]] for column in model["columns"] if "unique" in column.get("data_tests", [])]
    lines = [
        f"### {model['name']}",
        "",
        model["description"],
        "",
        "Key: " + ", ".join(f"`{name}`" for name in keys[0]) + ".",
        "",
        "| column | type | meaning |",
        "|---|---|---|",
    ]
    for column in model["columns"]:
        meaning = column["description"].replace("|", "\\|")
        lines.append(f"| `{column['name']}` | {column['data_type']} | {meaning} |")
    return "\n".join(lines) + "\n"


def with_tables(page: str) -> str:
    """The page with what stands between its markers written anew."""
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    return before + BEGIN + "\n" + "\n".join(map(section, models())) + "\n" + END + after


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
