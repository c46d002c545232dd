"""JSON: an array of objects, or one object per line; the keys of all objects are the headers."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from ingestion.contract import Contract
from ingestion.contract_columns import Reader
from ingestion.errors import ReadError
from ingestion.readers.headers import folded, keep_declared, shown, trimmed
from ingestion.readers.records import empty_file, is_of_machine, refuse_value, select_columns
from ingestion.readers.text_encoding import TextFile, as_utf8
from ingestion.readers.spellings import as_declared
from ingestion.readers.unpacking import Part
from ingestion.sql_text import literal

MAX_OBJECT_BYTES = 2**24


def read_json(
    con: duckdb.DuckDBPyConnection,
    part: Part,
    reader: Reader,
    is_lines: bool,
    contracts: Sequence[Contract],
    table: str,
    folder: Path,
) -> str:
    """Fill `table` from JSON objects and return the select that names its columns and numbers its rows.

    Rows are numbered by line in a file of lines, by element (from 1) in an array. A list of plain values
    becomes its values joined by commas, null an empty one among them. Anything deeper, or a list with a comma
    in one of its values, stays JSON text where only an `sql:` of the contract uses it, and is refused as the
    value of a column. So is a key that an object has twice.

    A fault of the machine (no memory, a full disk) is raised as DuckDB tells it: it says nothing of the file.
    """
    text = as_utf8(part, reader.encoding, None, folder)
    link = folder / f"{table}.json"
    link.symlink_to(text.path.absolute())
    try:
        _load_objects(con, link, is_lines, f"{table}_objects")
        _store_shapes(con, f"{table}_objects", f"{table}_shapes")
        keys = [row[0] for row in con.execute(_keys_sql(f"{table}_shapes")).fetchall()]
    except duckdb.Error as error:
        if is_of_machine(error):
            raise
        raise _broken_json(text, is_lines) from None
    headers = as_declared([trimmed(key) for key in keys], contracts)
    if not headers:
        if not _reports_nothing(con, f"{table}_objects", text, is_lines):
            raise empty_file(part.name)
        if not any(contract.tolerance.empty for contract in contracts):
            raise empty_file(part.name, may_be_said=True)
        return _no_rows(con, contracts, table, part.name)
    if any("\0" in key for key in keys):
        raise ReadError(
            "a key has a NUL character",
            where=part.name,
            rule="NUL characters show a damaged export",
            next_step="Ask the partner to export the file anew",
        )
    kept = keep_declared(headers, contracts, part.name)
    _refuse_repeated_key(con, f"{table}_shapes", part.name)
    plain = {folded(header) for contract in contracts for header in contract.value_headers}
    deep = {place: headers[i] for place, i in enumerate(kept, start=1) if folded(headers[i]) in plain}
    _take_values(con, table, {f"c{i}": keys[i] for i in kept}, [*deep])
    con.execute(f"drop table {table}_shapes")
    found = con.execute(
        f"select _row_number, deep_place from {table} where deep_place is not null order by 1 limit 1"
    ).fetchone()
    if found:
        raise refuse_value(part.name, found[0], deep[abs(found[1])], is_deep=found[1] > 0)
    return select_columns(headers, kept, "_row_number", part.name, table)


def _take_values(
    con: duckdb.DuckDBPyConnection, table: str, keys: Mapping[str, str], plain: Sequence[int]
) -> None:
    """Make `table` from its objects: a column for the values of each key.

    `deep_place` is the first of the places in `plain` (from 1) whose value is none for a column: a nested
    one, or below zero a list with a comma in a value.
    """
    # all keys at once: an extraction for each parses every object again, which takes twice as long
    pointers = "[" + ", ".join(map(_pointer, keys.values())) + "]"
    values = ", ".join(f"{_value_sql(place)} as {column}" for place, column in enumerate(keys, start=1))
    whens = " ".join(
        f"when {_is_deep_sql(place)} then {place} when {_has_comma_sql(place)} then -{place}"
        for place in plain
    )
    deep_place = f"case {whens} end" if whens else "null"
    con.execute(
        f"create or replace table {table} as select {values}, {deep_place} as deep_place, _row_number from ("
        f"select json_extract_string(object, {pointers}) as texts, json_type(object, {pointers}) as kinds,"
        f" _row_number from {table}_objects)"
    )
    con.execute(f"drop table {table}_objects")


def _reports_nothing(con: duckdb.DuckDBPyConnection, objects: str, text: TextFile, is_lines: bool) -> bool:
    """Whether there is no object at all: an array without elements, or a file without lines."""
    if con.execute(f"select 1 from {objects} limit 1").fetchone():
        return False
    with text.path.open(encoding="utf-8-sig") as file:
        return is_lines or file.read(MAX_OBJECT_BYTES).strip().startswith("[")


def _no_rows(
    con: duckdb.DuckDBPyConnection, contracts: Sequence[Contract], table: str, file_name: str
) -> str:
    """What a file with every header of the contracts and no record would give."""
    found = {folded(header): header for contract in contracts for header in contract.file_headers}
    columns = ", ".join(f"null::varchar as c{i}" for i in range(len(found)))
    con.execute(f"create or replace table {table} as select {columns}, 0 as _row_number limit 0")
    return select_columns([*found.values()], range(len(found)), "_row_number", file_name, table)


def _load_objects(con: duckdb.DuckDBPyConnection, path: Path, is_lines: bool, table: str) -> None:
    """One row per object, numbered; lines that are blank count as lines and make no row."""
    if is_lines:
        # read as lines of text, since the JSON reader leaves blank lines out of its count
        lines = (
            f"read_csv({literal(str(path))}, columns = {{line: 'VARCHAR'}}, auto_detect = false,"
            f" header = false,"
            f" delim = chr(31), quote = '', escape = '', comment = '', nullstr = '', compression = 'none',"
            f" max_line_size = {MAX_OBJECT_BYTES}, buffer_size = {2 * MAX_OBJECT_BYTES})"
        )
        con.execute(f"create or replace temp table {table}_lines as select line from {lines}")
        _refuse_lost_line(con, f"{table}_lines", path)
        con.execute(
            f"create or replace table {table} as select line::json as object, rowid + 1 as _row_number"
            f" from {table}_lines where trim(line) <> ''"
        )
        con.execute(f"drop table {table}_lines")
    else:
        con.execute(
            f"create or replace table {table}_array as select json as object from read_json_objects("
            f"{literal(str(path))}, format = 'array', maximum_object_size = {MAX_OBJECT_BYTES})"
        )
        con.execute(
            f"create or replace table {table} as select object, rowid + 1 as _row_number from {table}_array"
        )
        con.execute(f"drop table {table}_array")


def _refuse_lost_line(con: duckdb.DuckDBPyConnection, table: str, path: Path) -> None:
    """A last line beyond the reader's buffer is left out by DuckDB without a word."""
    if path.stat().st_size <= MAX_OBJECT_BYTES:
        return
    (n_read,) = con.execute(f"select coalesce(sum(strlen(line)), 0) from {table}").fetchall()[0]
    if path.stat().st_size - n_read <= MAX_OBJECT_BYTES:
        return
    with path.open("rb") as file:
        if any(len(line) > MAX_OBJECT_BYTES for line in file):
            raise duckdb.InvalidInputException("a line is too long")


def _store_shapes(con: duckdb.DuckDBPyConnection, objects: str, table: str) -> None:
    """The few lists of keys that the many objects have, each with the first row that has it."""
    con.execute(
        f"create or replace table {table} as select json_keys(object) as keys, json_type(object) as kind,"
        f" min(_row_number) as _row_number from {objects} group by all"
    )
    if con.execute(f"select 1 from {table} where kind <> 'OBJECT' limit 1").fetchone():
        raise duckdb.InvalidInputException("not an object")


def _keys_sql(shapes: str) -> str:
    """Keys in the order in which they first appear."""
    return (
        f"select key from (select unnest(keys) as key, _row_number, "
        f"generate_subscripts(keys, 1) as position from {shapes})"
        f" group by key order by min(_row_number), min_by(position, _row_number)"
    )


def _pointer(key: str) -> str:
    return literal("/" + key.replace("~", "~0").replace("/", "~1"))


def _value_sql(place: int) -> str:
    text = f"texts[{place}]"
    # a list that holds objects, lists or commas stays as it is
    is_flat_list = (
        f"kinds[{place}] = 'ARRAY' and not ({_is_deep_sql(place)}) and not ({_has_comma_sql(place)})"
    )
    values = f"json_extract_string({text}, '$[*]')"
    with_nulls = f"list_transform({values}, lambda x: coalesce(x, ''))"
    return (
        f"case when {is_flat_list} and contains({text}, 'null') then array_to_string({with_nulls}, ',')"
        f" when {is_flat_list} then array_to_string({values}, ',') else {text} end"
    )


def _is_deep_sql(place: int) -> str:
    """Whether a value is an object, or a list that holds objects or lists."""
    # a list without a further bracket is flat, which spares nearly all of them a second look
    may_be = f"kinds[{place}] = 'ARRAY' and regexp_matches(texts[{place}][2:], '[\\[{{]')"
    inner = f"list_transform(json_extract(texts[{place}], '$[*]'), lambda x: json_type(x))"
    holds = f"list_has_any({inner}, ['OBJECT', 'ARRAY'])"
    return f"kinds[{place}] = 'OBJECT' or (case when {may_be} then {holds} else false end)"


def _has_comma_sql(place: int) -> str:
    """Whether a flat list has more commas than those between its values: joined it would read as more."""
    text = f"texts[{place}]"
    commas = f"len({text}) - len(replace({text}, ',', ''))"
    return f"kinds[{place}] = 'ARRAY' and {commas} > greatest(json_array_length({text})::bigint - 1, 0)"


def _refuse_repeated_key(con: duckdb.DuckDBPyConnection, shapes: str, name: str) -> None:
    """Which of the two values is meant nobody can say; readers differ."""
    found = con.execute(
        "select _row_number, list_filter(keys, lambda k: len(list_filter(keys, lambda o: o = k)) > 1)[1]"
        f" from {shapes} where len(keys) <> len(list_distinct(keys)) order by 1 limit 1"
    ).fetchone()
    if found:
        raise ReadError(
            f"the object has the key {shown([trimmed(found[1])])} twice",
            where=f"{name}, row {found[0]}",
            rule="A key stands once in each object",
            next_step="Ask the partner to export the file anew with one value for each key",
        )


def _broken_json(text: TextFile, is_lines: bool) -> ReadError:
    """Where the JSON breaks, found by reading it again in Python; on success it is its size or its shape."""
    line, what = 1, "an element is not an object" if not is_lines else "the line is not a JSON object"
    try:
        if is_lines:
            with text.path.open(encoding="utf-8-sig") as file:
                for line, record in enumerate(file, start=1):
                    if not record.strip():
                        continue
                    document = json.loads(record)
                    if not _is_whole_text(document):
                        return _half_character(f"{text.name}, row {line}")
                    if len(record.encode()) > MAX_OBJECT_BYTES:
                        return _large_object(f"{text.name}, row {line}")
                    if not isinstance(document, dict):
                        break
        else:
            document = json.loads(text.path.read_text(encoding="utf-8-sig"))
            if isinstance(document, list):
                broken = (n for n, one in enumerate(document, start=1) if not _is_whole_text(one))
                if number := next(broken, 0):
                    return _half_character(f"{text.name}, row {number}")
                if all(isinstance(one, dict) for one in document):
                    # without its blanks an object may be under the limit, so the largest is taken for it
                    sizes = [len(json.dumps(one, ensure_ascii=False)) for one in document]
                    return _large_object(f"{text.name}, row {sizes.index(max(sizes)) + 1}")
            what = what if isinstance(document, list) else "the file is not an array of objects"
    except json.JSONDecodeError as error:
        line, what = (line if is_lines else error.lineno), "the line is not valid JSON"
    except RecursionError:
        what = "the JSON is nested too deeply"
    except ValueError:
        what = "a number has more digits than any number of a record"
    return ReadError(
        what,
        where=f"{text.name}, line {line}",
        rule="A .json file is one array of objects, a .ndjson file one object per line",
        next_step="Ask the partner to export the file anew, or set `reader.format`",
    )


def _is_whole_text(value: object) -> bool:
    """Whether no text in a JSON value has half of a character: \\ud800 without its other half."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _large_object(where: str) -> ReadError:
    return ReadError(
        f"the object is longer than {MAX_OBJECT_BYTES // 2**20} MB",
        where=where,
        rule="One object tells of one record",
        next_step="Ask the partner to look at this record and export the file anew",
    )


def _half_character(where: str) -> ReadError:
    return ReadError(
        "a text has half of a character, an escape of \\ud800 to \\udfff without its other half",
        where=where,
        rule="JSON writes a character beyond \\uffff as two such escapes, one after the other",
        next_step="Ask the partner to export the file anew; a text may have been cut within a character",
    )
