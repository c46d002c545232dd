"""Texts are found in files of every kind as whole words, people by name and birth date together."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import zipfile
from pathlib import Path

import duckdb
import pytest

from ingestion import traces
from ingestion.traces import Look, Sought, look_into, tells_of
from ingestion.written import Texts

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


def zipped(*members: tuple[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return packed.getvalue()


def test_an_archive_that_unpacks_without_end_is_left_and_called_unsure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unpacked: list[int] = []

    class Counting(Texts):
        def stand_in_bytes(self, data: bytes) -> bool:
            unpacked.append(len(data))
            return super().stand_in_bytes(data)

    monkeypatch.setattr(traces, "Texts", Counting)
    path = tmp_path / "file"
    nested = zipped(("a.csv", b"0" * 40_000_000))
    path.write_bytes(zipped(*((f"{i}.zip", nested) for i in range(20))))
    assert look_into(path, SOUGHT) == Look(False, "it unpacks to more than an honest file does")
    assert sum(unpacked) < 20_000_000, "of 800 MB"


def test_archives_are_looked_into_to_a_depth_and_then_called_unsure(tmp_path: Path) -> None:
    path = tmp_path / "file"
    packed = b"id\nN-7700177\n"
    for depth in range(5):
        packed = zipped(("inner", packed))
        path.write_bytes(packed)
        assert look_into(path, SOUGHT) == Look(True), depth
    path.write_bytes(zipped(("inner", packed)))
    assert look_into(path, SOUGHT) == Look(False, "archives lie in each other, more than 4 deep")


@pytest.mark.parametrize("cut", [3, 30, 200])
@pytest.mark.parametrize("kind", ["gz", "zip", "zip behind a prefix", "zip with another checksum"])
def test_what_comes_before_the_end_of_a_cut_off_archive_is_searched(
    tmp_path: Path, kind: str, cut: int
) -> None:
    path = tmp_path / "file"
    told = b"id\nN-7700177\n" + b"".join(b"%d\n" % (i * i * 7919 % 100_003) for i in range(20_000))
    packed = gzip.compress(told) if kind == "gz" else zipped(("people.csv", told))
    if kind == "zip with another checksum":
        packed = packed.replace(packed[14:18], bytes(4))
    else:
        packed = (b"MZ junk" if "prefix" in kind else b"") + packed[:-cut]
    path.write_bytes(packed)
    assert tells_of(path, SOUGHT)
    path.write_bytes(packed)
    assert look_into(path, Sought.of(["N-7700179"])).unsure


DAYS = (
    *("2014-03-09", "20140309", "2014/03/09", "03/09/2014", "3/9/2014", "3/9/14", "03-09-2014"),
    *("09.03.2014", "9.3.2014", "09-MAR-2014", "9 March 2014", "Mar 9, 2014", "41707"),
)


@pytest.mark.parametrize("day", DAYS)
def test_a_birth_date_is_found_however_it_is_written(tmp_path: Path, day: str) -> None:
    path = tmp_path / "file.csv"
    path.write_text(f"177,Zoë,Quillfeather,{day}\n")
    assert tells_of(path, SOUGHT)


SPELLINGS = {
    "two signs for a letter": "Zoe\u0308,Quillfeather,2014-03-09".encode(),
    "capitals": "ZOË,QUILLFEATHER,2014-03-09".encode(),
    "cp1252": "Zoë,Quillfeather,2014-03-09".encode("cp1252"),
    "JSON": b'{"id": "N-77\\u00300177"}',
    "a name in JSON": b'{"first": "Zo\\u00eb", "last": "Quillfeather", "born": "2014-03-09"}',
    "XML": b"<id>N&#45;77&#x30;0177</id>",
    "UTF-32": "id\nN-7700177\n".encode("utf-32"),
    "UTF-32, the other way round": "id\nN-7700177\n".encode("utf-32-be"),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_child_is_found_in_other_spellings(tmp_path: Path, spelling: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(SPELLINGS[spelling])
    assert tells_of(path, SOUGHT)


def test_a_child_is_found_by_name_and_birth_date_in_one_row_of_a_workbook(tmp_path: Path) -> None:
    from openpyxl import Workbook

    def saved(*rows: tuple[object, ...]) -> Path:
        book = Workbook()
        for row in (("ID", "First", "Last", "Born"), *rows):
            book.active.append(row)  # type: ignore[union-attr]
        book.save(tmp_path / "people.xlsx")
        return tmp_path / "people.xlsx"

    filler = [(i, f"Ann{i}", f"Other{i}", dt.date(2012, 1, 1)) for i in range(300)]
    born = dt.date(2014, 3, 9)
    assert tells_of(saved(*filler, (177, "Zoë", "Quillfeather", born)), SOUGHT)
    apart = ((1, "Zoë", "Ray", born), *filler, (2, "Abel", "Quillfeather", dt.date(2015, 1, 1)))
    assert look_into(saved(*apart), SOUGHT) == Look(False)


def test_a_format_that_is_not_looked_into_is_called_unsure_where_a_partner_sent_it(tmp_path: Path) -> None:
    path = tmp_path / "file.pdf"
    path.write_bytes(b"%PDF-1.7\n")
    assert look_into(path, SOUGHT, as_sent=True) == Look(False, "a PDF is not looked into")
    assert look_into(path, SOUGHT) == Look(False)
