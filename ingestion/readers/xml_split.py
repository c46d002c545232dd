"""An XML file split into its records: for each name wanted a file of JSON lines, in one pass and bounded
memory."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

from lxml import etree

from ingestion.errors import ReadError
from ingestion.readers.json_texts import MAX_OBJECT_BYTES
from ingestion.readers.text_encoding import TextFile
from ingestion.readers.xml_objects import (
    MOST_ATTRIBUTES,
    MOST_LEVELS,
    TooManyAttributes,
    Wanted,
    as_object,
    local_names,
)
from ingestion.readers.xml_prolog import line_of_fault, not_well_formed

_CHUNK = 2**16
_MOST_LINES = 65_535  # libxml2 keeps the line of an element in two bytes
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def split_records(
    text: TextFile,
    root: str,
    records: Mapping[str, Collection[str]],
    lists: Collection[str],
    targets: Mapping[str, Path],
) -> Counter[str]:
    """Write each element whose local name is one of `records` as a line of its target; how many there are.

    `records` says which of its children are wanted, by local name; of others the line has the name alone.

    Raises ReadError, with the line, where the file is not well-formed, an element is larger than an object of
    JSON may be, or a record is nested too deeply. `lists` are names that are lists even where they stand
    once. `root` is the outermost element, as lxml writes it.
    """
    counts: Counter[str] = Counter()
    of_lists = frozenset(lists)
    wanted = {record: Wanted(names) for record, names in records.items()}
    with ExitStack() as stack:
        files = {r: stack.enter_context(targets[r].open("w", encoding="utf-8")) for r in records}
        for name, element in _elements(text, root, records):
            counts[name] += 1
            line = _as_line(element, of_lists, wanted[name], text.name, counts[name])
            files[name].write(line)
            files[name].write("\n")
    return counts


def _as_line(element: Any, lists: Collection[str], wanted: Wanted, name: str, row: int) -> str:
    try:
        line = _encode(as_object(element, lists, wanted=wanted))
    except RecursionError:
        raise _too_deep(_where(name, element, row)) from None
    except TooManyAttributes:
        raise _too_many_attributes(_where(name, element, row)) from None
    if len(line) > MAX_OBJECT_BYTES // 4 and len(line.encode()) > MAX_OBJECT_BYTES:
        raise _too_large(_where(name, element, row))
    return line


def _where(name: str, element: Any, row: int) -> str:
    """The line in which a record begins, as far as libxml2 counts."""
    line = element.sourceline
    return f"{name}, line {line}" if line and line < _MOST_LINES else f"{name}, record {row}"


def _elements(text: TextFile, root: str, records: Collection[str]) -> Iterator[tuple[str, Any]]:
    """Name and element of each record when it is complete; what is done with is dropped from memory."""
    parser = _parser(root, records)
    top: list[Any] = []
    n_held, n_lines, n_lines_done = 0, 0, 0
    with text.path.open("rb") as file:
        for chunk in _chunks(file):
            for event, element in _fed(parser, chunk, text):
                top = top or [element]
                name = local_names[element.tag]
                if event == "end" and name in records:
                    yield name, element
                    n_held = -len(chunk) if _dropped(element, records) else n_held
            if top and local_names[root] not in records and len(top[0]) > 1:
                del top[0][:-1]
                n_held = -len(chunk)
            n_held += len(chunk)
            n_lines += chunk.count(b"\n")
            n_lines_done = n_lines if n_held == 0 else n_lines_done
            if n_held > MAX_OBJECT_BYTES:
                raise _too_large(f"{text.name}, line {n_lines_done + 1}")
    _fed(parser, None, text)


def _parser(root: str, records: Collection[str]) -> Any:
    return etree.XMLPullParser(
        events=("start", "end"),
        tag=[root, *(f"{{*}}{record}" for record in records)],
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_blank_text=True,
        remove_comments=True,
        remove_pis=True,
    )


def _fed(parser: Any, chunk: bytes | None, text: TextFile) -> Iterable[tuple[str, Any]]:
    """What a chunk completes; without one, the file is at its end."""
    try:
        if chunk is None:
            parser.close()
        else:
            parser.feed(chunk)
    except etree.XMLSyntaxError as error:
        raise _broken(text, error) from None
    return parser.read_events()


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk


def _dropped(element: Any, records: Collection[str]) -> bool:
    """Drop a record and what stands before it, unless it is part of another record that is not complete."""
    above = element.getparent()
    while above is not None:
        if local_names[above.tag] in records:
            return False
        above = above.getparent()
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]
    return True


def _broken(text: TextFile, error: Any) -> ReadError:
    line = error.lineno or line_of_fault(text.path)
    where = f"{text.name}, line {line}"
    if error.code != etree.ErrorTypes.ERR_RESOURCE_LIMIT:
        return not_well_formed(text.name, line)
    return _too_deep(where) if "depth" in (error.msg or "") else _too_large(where)


def _too_large(where: str) -> ReadError:
    return ReadError(
        f"an element is longer than {MAX_OBJECT_BYTES // 2**20} MB, or a text in it than 10 MB",
        where=where,
        rule="One element tells of one record",
        next_step="Ask the partner to look at this record and export the file anew",
    )


def _too_many_attributes(where: str) -> ReadError:
    return ReadError(
        f"an element has more than {MOST_ATTRIBUTES:,} attributes",
        where=where,
        rule="A record has few attributes; those of Ed-Fi have two",
        next_step="Ask the partner to look at this record and export the file anew",
    )


def _too_deep(where: str) -> ReadError:
    return ReadError(
        f"an element is nested deeper than {MOST_LEVELS} levels",
        where=where,
        rule="A record has few levels; the deepest of Ed-Fi has eight",
        next_step="Ask the partner to look at this record and export the file anew",
    )
