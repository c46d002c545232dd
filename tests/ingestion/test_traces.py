"""Texts are found in files of every kind as whole words, people by name and birth date together."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import duckdb
import pytest

from ingestion.traces import Look, Sought, look_into, tells_of

SOUGHT = Sought.of(["N-7700177", "1234"], [("Zoë", "Quillfeather", "2014-03-09")])
TEXTS = {
    "a number": ("id\nN-7700177,x\n", True),
    "in other letters": ("id\nn-7700177\n", True),
    "a part of a longer number": ("id\nN-77001770,AN-7700177\n", False),
    "name and birth date": ("Quillfeather,ZOË,3/9/2014\n".replace("Ë", "ë"), True),
    "the day as in Germany": ("Zoë;Quillfeather;09.03.2014\n", True),
    "the name of another child": ("Zoë,Quillfeather,2015-03-09\n", False),
    "nothing": ("Abel,Lee,2014-03-09\n", False),
}


@pytest.mark.parametrize("case", TEXTS)
@pytest.mark.parametrize("kind", ["plain", "utf-16", "zip", "zip in zip", "gz", "parquet", "duckdb"])
def test_texts_are_found_in_files_of_every_kind(tmp_path: Path, kind: str, case: str) -> None:
    text, expected = TEXTS[case]
    path = tmp_path / "file"
    if kind == "plain":
        path.write_text(text)
    elif kind == "utf-16":
        path.write_bytes(text.encode("utf-16-le"))
    elif kind == "gz":
        path.write_bytes(gzip.compress(text.encode()))
    elif kind.startswith("zip"):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("people.csv", text)
        if "in" in kind:
            inner = path.read_bytes()
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("inner.zip", inner)
    else:
        with duckdb.connect(str(path) if kind == "duckdb" else ":memory:") as con:
            con.execute("create table told as select unnest(string_split($1, chr(10))) as line", [text])
            if kind == "parquet":
                con.execute(f"copy told to '{path}' (format parquet, compression zstd)")
    assert tells_of(path, SOUGHT) is expected


def test_short_numbers_are_looked_for_where_partners_wrote_them(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("id\n1234\n")
    assert not tells_of(path, SOUGHT)
    assert tells_of(path, SOUGHT, as_sent=True)


@pytest.mark.parametrize("cut", [False, True])
def test_what_only_begins_as_parquet_is_searched_as_bytes_and_called_unsure(
    tmp_path: Path, cut: bool
) -> None:
    path = tmp_path / "file"
    if cut:
        with duckdb.connect() as con:
            con.execute(f"copy (select 'N-7700179' as id) to '{path}' (format parquet)")
        path.write_bytes(path.read_bytes()[:-9])
    else:
        path.write_text("PAR1 ID,First\nN-7700179,x\n")
    assert look_into(path, SOUGHT) == Look(False, "it begins as a Parquet file and cannot be read as one")
    path.write_text("PAR1 ID,First\nN-7700177,x\n")
    assert look_into(path, SOUGHT).tells
