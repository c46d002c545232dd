"""What is wrong with JSON that cannot be read: found by reading it again in Python, told without a value."""

import json
import re
from pathlib import Path

from ingestion.errors import ReadError
from ingestion.readers.json_texts import MAX_OBJECT_BYTES
from ingestion.readers.text_encoding import TextFile

_IS_BUNDLE = re.compile(rb'"resourceType"\s*:\s*"Bundle"')
_LOOKED_AT_BYTES = 4096


def broken_json(text: TextFile, is_lines: bool) -> ReadError:
    """Where the JSON breaks; what Python takes for sound is too large, or has another shape than agreed."""
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
                        return large_object(f"{text.name}, row {line}")
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
                    return large_object(f"{text.name}, row {sizes.index(max(sizes)) + 1}")
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


def broken_document(text: TextFile) -> ReadError:
    """Where a document breaks; one that Python takes for sound is too large."""
    line, what = 1, f"the document is longer than {MAX_OBJECT_BYTES // 2**20} MB"
    try:
        if not _is_whole_text(json.loads(text.path.read_text(encoding="utf-8-sig"))):
            return _half_character(text.name)
    except json.JSONDecodeError as error:
        line, what = error.lineno, "the file is not valid JSON, or cut off"
    except (RecursionError, ValueError):
        what = "the JSON is nested too deeply, or has a number of too many digits"
    return ReadError(
        what,
        where=f"{text.name}, line {line}",
        rule="A document is one JSON value; larger ones come as an array of objects, or one object per line",
        next_step="Ask the partner to export the file anew",
    )


def keys_of_document(text: TextFile) -> list[str]:
    """The outermost keys of a sound document: of its objects where it is an array."""
    document = json.loads(text.path.read_text(encoding="utf-8-sig"))
    objects = document if isinstance(document, list) else [document]
    return [*dict.fromkeys(key for one in objects if isinstance(one, dict) for key in one)]


def is_cut_off(text: TextFile) -> bool:
    """Whether the last line has no end and is no JSON: the rest of the file never came."""
    with text.path.open("rb") as file:
        file.seek(max(0, text.path.stat().st_size - MAX_OBJECT_BYTES))
        tail = file.read()
    if tail.endswith((b"\n", b"\r")) or not tail.strip():
        return False
    try:
        json.loads(tail.rsplit(b"\n", 1)[-1])
    except (ValueError, RecursionError):
        return True
    return False


def cut_off(text: TextFile) -> ReadError:
    """The refusal of a file whose last line breaks off."""
    return ReadError(
        "the file is cut off: its last line is not whole",
        where=f"{text.name}, line {text.n_lines}",
        rule="A delivery is complete, or nothing of it is taken",
        next_step="Ask the partner to send the file again, and compare the sizes",
    )


def looks_like_bundle(path: Path) -> bool:
    """Whether a file that holds one JSON over many lines is a FHIR Bundle, by what stands at its ends."""
    with path.open("rb") as file:
        head = file.read(_LOOKED_AT_BYTES)
        file.seek(max(0, path.stat().st_size - _LOOKED_AT_BYTES))
        ends = (head, file.read())
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and any(map(_IS_BUNDLE.search, ends))


def bundle(name: str, line: int) -> ReadError:
    """The refusal of a FHIR Bundle, which packs many resources into one object."""
    return ReadError(
        "this is a FHIR Bundle, not one resource per line",
        where=f"{name}, line {line}",
        rule="A .ndjson file of FHIR holds one resource per line, as bulk export ($export) writes it",
        next_step="Ask the partner for the NDJSON of a bulk export, or unpack the Bundle: one line for each"
        " resource of its entries",
    )


def other_resource(name: str, wanted: str, count: int, line: int) -> ReadError:
    """The refusal of lines whose resourceType is not the one that the contract reads."""
    lines = "1 line has" if count == 1 else f"{count:,} lines have"
    return ReadError(
        f"{lines} another resourceType than {wanted}, or none",
        where=f"{name}, line {line}",
        rule=f"The contract reads resources of one type: `reader: {{record: {wanted}}}`",
        next_step="Ask for a file of this type alone, as bulk export writes it, or correct the contract",
    )


def large_object(where: str) -> ReadError:
    """The refusal of an object over the limit."""
    return ReadError(
        f"the object is longer than {MAX_OBJECT_BYTES // 2**20} MB",
        where=where,
        rule="One object tells of one record",
        next_step="Ask the partner to look at this record and export the file anew",
    )


def _is_whole_text(value: object) -> bool:
    """Whether no text in a JSON value has half of a character: \\ud800 without its other half."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _half_character(where: str) -> ReadError:
    return ReadError(
        "a text has half of a character, an escape of \\ud800 to \\udfff without its other half",
        where=where,
        rule="JSON writes a character beyond \\uffff as two such escapes, one after the other",
        next_step="Ask the partner to export the file anew; a text may have been cut within a character",
    )
