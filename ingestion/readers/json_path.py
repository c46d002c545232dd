"""Records within a JSON document: the objects that a path leads to, and what is asked of the objects around
them."""

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb

from ingestion.errors import ReadError
from ingestion.readers.headers import nearest, shown
from ingestion.readers.json_texts import load_array, load_document
from ingestion.readers.json_values import pointer
from ingestion.sql_text import literal
from ingestion.wording import counted

_STEP = re.compile(r'\[\*\]|\.([\w-]+)|\."([^"]+)"')
_OUTWARDS = re.compile(r"((?:\.\./)+)(.+)")
Step = str | None  # a key, or None for every element of a list


def load_at_path(
    con: duckdb.DuckDBPyConnection, path: Path, steps: str, headers: Iterable[str], table: str, name: str
) -> bool:
    """Make `table` of the texts at `steps` (`$.services[*]`), and say whether the place is there: a list that
    is there may be empty.

    Of `headers`, `../id` is the key `id` of the object around a record, `../../id` of the one around that;
    they become keys of the record. Raises ReadError where a step meets another kind of value, duckdb.Error
    where the file is not JSON or too large.
    """
    parsed = parse_steps(steps)
    asked = _asked(headers, sum(step is not None for step in parsed), name)
    is_array = parsed[0] is None
    (load_array if is_array else load_document)(con, path, table)
    if not is_array and _count(con, table) != 1:
        raise duckdb.InvalidInputException("several documents")
    con.execute(f"alter table {table} add column outer_keys varchar default ''")
    is_there, so_far = True, "$"
    for number, step in enumerate(parsed):
        if number == 0 and is_array:
            so_far = "$[*]"
            continue
        _refuse_other_kind(con, table, "ARRAY" if step is None else "OBJECT", so_far, name)
        n_before = _count(con, table)
        further = sum(later is not None for later in parsed[number:])
        _take_step(con, table, step, asked.get(further, []))
        if step is not None and n_before and not _count(con, table):
            is_there = False
        so_far += "[*]" if step is None else f".{step}"
    con.execute(
        f"create or replace temp table {table} as select case when outer_keys = '' then text"
        " when text = '{}' then '{' || outer_keys[2:] || '}'"
        f" else '{{' || outer_keys[2:] || ',' || text[2:] end as text from {table}"
    )
    return is_there


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(con.execute(f"select count(*) from {table}").fetchall()[0][0])


def parse_steps(steps: str) -> list[Step]:
    """The steps of a path: `$.services[*].phones[*]` is services, each, phones, each."""
    return [found[1] or found[2] for found in _STEP.finditer(steps)]


def nothing_there(name: str, steps: str, keys: Sequence[str]) -> ReadError:
    """The refusal of a document that does not have the place of the records.

    Keys may be children's ids: none is shown but one that is written like the path's first.
    """
    first = next(filter(None, parse_steps(steps)), "")
    near = nearest(first, keys)
    like = f", of which {shown([near])} is most like '{first}'" if near else f", and none is like '{first}'"
    return ReadError(
        f"there is nothing at {steps}",
        where=name,
        rule=f"The document has {counted(len(keys), 'key')}{like}"
        if keys
        else "The document is no object with keys",
        next_step="Correct `reader: {record: ...}` in the contract, or ask the partner for the missing part",
    )


def _asked(headers: Iterable[str], most: int, name: str) -> dict[int, list[tuple[str, str]]]:
    """How many objects outwards -> the headers that look there, each with the key it means."""
    asked: dict[int, list[tuple[str, str]]] = {}
    for header in headers:
        if found := _OUTWARDS.fullmatch(header):
            level = len(found[1]) // 3
            if level > most:
                raise ReadError(
                    f"{shown([header])} leads out of the document",
                    where=name,
                    rule="Each ../ leads to the next object around a record",
                    next_step="Correct the header in the contract, or its `reader: {record: ...}`",
                )
            asked.setdefault(level, []).append((header, found[2]))
    return asked


def _take_step(
    con: duckdb.DuckDBPyConnection, table: str, step: Step, asked: Sequence[tuple[str, str]]
) -> None:
    if step is None:
        further = "unnest(json_extract(text, '$[*]'))::varchar as text, outer_keys"
        con.execute(f"create or replace temp table {table} as select {further} from {table}")
        return
    outer = "outer_keys" + "".join(
        f" || {literal(',' + json.dumps(header, ensure_ascii=False) + ':')}"
        f" || coalesce(json_extract(text, {pointer(key)})::varchar, 'null')"
        for header, key in asked
    )
    con.execute(
        f"create or replace temp table {table} as select * from (select"
        f" json_extract(text, {pointer(step)})::varchar as text, {outer} as outer_keys from {table})"
        " where text <> 'null'"
    )


def _refuse_other_kind(con: duckdb.DuckDBPyConnection, table: str, kind: str, place: str, name: str) -> None:
    """A part of another kind would be left out without a word."""
    if con.execute(f"select 1 from {table} where json_type(text) <> '{kind}' limit 1").fetchone():
        raise ReadError(
            f"what stands at {place} is no {'list' if kind == 'ARRAY' else 'object'}",
            where=name,
            rule="[*] takes the elements of a list, .key the value of an object, wherever the path leads",
            next_step="Correct `reader: {record: ...}` in the contract, or ask for the agreed form",
        )
