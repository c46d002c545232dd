"""A partner's CSV of children made a CSV of encodings: read and written line by line, whole or not at all."""

from __future__ import annotations

import csv
import datetime as dt
import os
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from identity.private.encoding import Child, Encoder
from ingestion.errors import ReadError

FIELDS = ("student_id", "first_name", "middle_name", "last_name", "birth_date", "sex", "zip_code")
NEEDED = ("student_id", "birth_date")
SETTINGS = ("delimiter", "encoding", "birth_date_format", "sex_codes")
EVERY = 5_000  # rows between two reports of how far it is
LONGEST_CELL = 100_000


@dataclass(frozen=True)
class Schema:
    """How a partner's file is read: field -> header, and the form of what stands in it."""

    headers: Mapping[str, str] = field(default_factory=lambda: {name: name for name in FIELDS})
    delimiter: str = ","
    encoding: str = "utf-8-sig"
    birth_date_format: str = "%Y-%m-%d"
    sex_codes: Mapping[str, str] = field(default_factory=dict)
    is_written: bool = False


@dataclass(frozen=True)
class Encoded:
    """What was written: rows, those without an encoding, birth dates not in the schema's form."""

    rows: int
    without_clk: int
    unreadable_birth_dates: int


def read_schema(file: Path) -> Schema:
    """A schema in TOML: `student_id = "Pupil"` for each field, and settings. ReadError if wrong."""
    try:
        told = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ReadError("The schema cannot be read", where=str(file), rule=str(error)[:200]) from None
    for name, value in told.items():
        if name not in (*FIELDS, *SETTINGS):
            known = ", ".join((*FIELDS, *SETTINGS))
            raise ReadError(f"'{name}' is no field", where=str(file), next_step=f"Known are {known}")
        if not isinstance(value, dict if name == "sex_codes" else str):
            raise ReadError(f"'{name}' is not a text", where=str(file), next_step=f'Write {name} = "..."')
    headers = {name: told[name] for name in FIELDS if name in told}
    for name in NEEDED:
        if name not in headers:
            raise ReadError(f"'{name}' is missing", where=str(file), next_step="Say which header it is")
    settings: dict[str, Any] = {name: told[name] for name in SETTINGS if name in told}
    if "sex_codes" in settings:
        settings["sex_codes"] = {str(code): str(sex) for code, sex in settings["sex_codes"].items()}
    return Schema(headers=headers, is_written=True, **settings)


def encode_file(
    source: Path,
    target: Path,
    encoder: Encoder,
    schema: Schema,
    *,
    with_birth_year: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Encoded:
    """Write `target` with student_id, clk, clk_version and, if asked, birth_year: a row per row of `source`.

    clk is empty for who has no birth date or no name. `progress` hears of bytes read and of all bytes.
    ReadError, with the line and never with what stands in it, for a file that is not as `schema` says;
    nothing is written then.
    """
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with _opened(source, schema) as read, open_private(draft) as written:
            counts = _encode_rows(source, read, written, encoder, schema, with_birth_year, progress)
            written.flush()
            os.fsync(written.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return counts


def _opened(source: Path, schema: Schema) -> TextIO:
    try:
        return source.open(encoding=schema.encoding, newline="")
    except (OSError, LookupError) as error:
        raise ReadError("The file cannot be read", where=str(source), rule=type(error).__name__) from None


def open_private(file: Path) -> TextIO:
    """A new text file that its owner alone reads."""
    return os.fdopen(
        os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8", newline=""
    )


def _encode_rows(
    source: Path,
    read: TextIO,
    written: TextIO,
    encoder: Encoder,
    schema: Schema,
    with_birth_year: bool,
    progress: Callable[[int, int], None] | None,
) -> Encoded:
    size = source.stat().st_size
    names = ["student_id", "clk", "clk_version", *(["birth_year"] if with_birth_year else [])]
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(names)
    rows = without = unreadable = 0
    for line, cells in _rows(source, read, schema):
        born = _birth_date(cells["birth_date"], schema.birth_date_format)
        unreadable += born is None and bool(cells["birth_date"])
        if not cells["student_id"]:
            raise ReadError(
                "A row has no student_id",
                where=f"{source}:{line}",
                next_step="Fill it in, or leave the row out",
            )
        sex = schema.sex_codes.get(cells["sex"], cells["sex"])
        clk = encoder.encode(
            Child(cells["first_name"], cells["middle_name"], cells["last_name"], born, sex, cells["zip_code"])
        )
        without += clk is None
        year = [born.year if born else ""] if with_birth_year else []
        writer.writerow([cells["student_id"], clk or "", encoder.version if clk else "", *year])
        rows += 1
        if progress and rows % EVERY == 0:
            progress(read.buffer.tell(), size)
    return Encoded(rows, without, unreadable)


def _rows(source: Path, read: TextIO, schema: Schema) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, field -> text without blanks around it) for each row that is not empty."""
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(read, delimiter=schema.delimiter, strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        places = _places(source, header, schema)
        for cells in reader:
            if not any(cells):
                continue
            if len(cells) != len(header):
                raise ReadError(
                    f"The row has {len(cells)} cells, and the header {len(header)}",
                    where=f"{source}:{reader.line_num}",
                    next_step="Correct the row, or the delimiter in the schema",
                )  # fmt: skip
            yield (
                reader.line_num,
                {name: cells[places[name]].strip() if name in places else "" for name in FIELDS},
            )
    except UnicodeDecodeError:
        raise ReadError(
            f"The file is not written in {schema.encoding}", where=str(source),
            next_step='Say it in the schema: encoding = "cp1252" for files of Windows and Excel',
        ) from None  # fmt: skip
    except csv.Error:
        raise ReadError(
            "The line is no CSV",
            where=f"{source}:{reader.line_num}",
            next_step="Look at its quotes; correct it",
        ) from None


def _places(source: Path, header: list[str], schema: Schema) -> dict[str, int]:
    """Field -> its place in a row. Without a schema, only NEEDED fields must be there."""
    places: dict[str, int] = {}
    for name, wanted in schema.headers.items():
        found = [place for place, told in enumerate(header) if told == wanted.strip().lower()]
        if len(found) == 1:
            places[name] = found[0]
        elif len(found) > 1 or schema.is_written or name in NEEDED:
            what = "is there twice" if found else "is missing"
            raise ReadError(
                f"The header '{wanted}' {what}", where=str(source),
                next_step="Name the file's headers in a schema: --schema, see --help",
            )  # fmt: skip
    if not {"first_name", "last_name"} & places.keys():
        raise ReadError(
            "The file has neither a first nor a last name", where=str(source),
            next_step="Name the file's headers in a schema: --schema, see --help",
        )  # fmt: skip
    return places


def _birth_date(text: str, form: str) -> dt.date | None:
    if not text:
        return None
    try:
        return dt.datetime.strptime(text, form).date()
    except ValueError:
        return None
