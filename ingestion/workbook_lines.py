"""Rows of a workbook as lines of text, for searches: its parts hold a row's texts and numbers far apart."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from xml.etree import ElementTree


def workbook_lines(archive: zipfile.ZipFile) -> Iterator[bytes]:
    """A line for each row of each sheet, dates as Excel's numbers; none where it is no workbook.

    RuntimeError where a part of it is not what Excel writes.
    """
    parts = {name.lower(): name for name in archive.namelist()}
    if "xl/workbook.xml" not in parts:
        return
    try:
        texts = [*_shared_texts(archive, parts)]
        for part, name in parts.items():
            if part.startswith("xl/worksheets/") and part.endswith(".xml"):
                for row in _elements(archive, name, "row"):
                    yield " ".join(_cell(cell, texts) for cell in row).encode() + b"\n"
    except (ElementTree.ParseError, LookupError, ValueError):
        raise RuntimeError("a part of the workbook is not sound") from None


def _shared_texts(archive: zipfile.ZipFile, parts: dict[str, str]) -> Iterator[str]:
    if name := parts.get("xl/sharedstrings.xml"):
        for one in _elements(archive, name, "si"):
            yield "".join(one.itertext())


def _elements(archive: zipfile.ZipFile, name: str, wanted: str) -> Iterator[ElementTree.Element]:
    """Elements of one kind, each emptied once it was looked at."""
    with archive.open(name) as part:
        for _, element in ElementTree.iterparse(part):
            if _kind(element) == wanted:
                yield element
                element.clear()


def _cell(cell: ElementTree.Element, texts: list[str]) -> str:
    if cell.get("t") == "s":
        number = next((one.text or "" for one in cell if _kind(one) == "v"), "")
        return texts[int(number)] if number else ""
    return " ".join("".join(one.itertext()) for one in cell if _kind(one) in ("v", "is"))


def _kind(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
