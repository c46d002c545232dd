"""Writes the table of standards/assessments.md from the layouts: run `python docs/assessment_table.py`."""

from pathlib import Path

from ingestion.contracts.columns import Column
from ingestion.contracts.layout import Layout, LayoutExtract, layout_files, load_layout

PAGE = Path(__file__).parent / "standards" / "assessments.md"
BEGIN, END = "<!-- written from the layouts -->\n", "<!-- end -->\n"
HEAD = (
    "| product | layout | kind | student's number | school year | season | parts | level | proficiency |\n"
    "|---|---|---|---|---|---|---|---|---|\n"
)


def layouts() -> list[Layout]:
    """The layouts of assessments, by name."""
    named = [name for name, path in layout_files().items() if path.parent.name == "assessments"]
    return [load_layout(name) for name in named]


def row(layout: Layout) -> str:
    """One line of the table: what the layout takes from a file of its product."""
    (extract,) = layout.extracts
    columns = extract.columns
    cells = [
        layout.title,
        f"`{layout.layout}`",
        _source(columns["assessment_type"]),
        _source(columns["student_id"]),
        _school_year(layout, extract),
        _told(columns.get("season")),
        "yes" if "domain" in columns else "",
        "yes" if "performance_level" in columns else "",
        "the file's own" if "is_proficient" in columns else "cut score",
    ]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def with_table(page: str) -> str:
    """The page with what stands between its markers written anew."""
    before, rest = page.split(BEGIN, 1)
    _, after = rest.split(END, 1)
    return f"{before}{BEGIN}{HEAD}{''.join(map(row, layouts()))}{END}{after}"


def _source(column: Column) -> str:
    """Where a value comes from, in a few words: headers, the value itself, or what its rule reads."""
    if column.value is not None:
        return column.value
    return ", ".join(column.headers) or "by rule"


def _told(column: Column | None) -> str:
    return "" if column is None else column.value or "yes"


def _school_year(layout: Layout, extract: LayoutExtract) -> str:
    if extract.school_year is None:
        return "name of the file, or `--school-year`"
    text = "of the test's day" if extract.school_year.formats else "in the file"
    return f"{text}, the last alone" if layout.last_day else text


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
