"""What stands before the first element of an XML file: its encoding, and no document type at all."""

import codecs
import re
from pathlib import Path
from xml.parsers import expat

from ingestion.errors import ReadError
from ingestion.readers.text_encoding import BYTE_ORDER_MARKS, TextFile, as_utf8
from ingestion.readers.unpacking import Part

_DECLARED = re.compile(r"""<\?xml\b[^>]*?\bencoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]*)""")
_HEAD_BYTES = 1024
_CHUNK = 2**16


def xml_as_utf8(part: Part, encoding: str | None, folder: Path) -> TextFile:
    """The file as UTF-8, whatever its declaration says from then on.

    Its encoding is the one that the contract states, else that of the file, whose byte order mark,
    declaration and bytes must agree. Raises ReadError with the line where they do not.
    """
    declared = None if encoding else _declared(part)
    try:
        text = as_utf8(part, encoding or declared or "utf-8", None, folder)
    except ReadError as error:
        # the lines of a text are its rows for other formats
        where = error.where.replace(f"{part.name}, row ", f"{part.name}, line ")
        raise ReadError(error.what, where=where, rule=error.rule, next_step=error.next_step) from None
    if declared and text.encoding not in ("utf-8", "utf-16", "utf-32") and _is_utf8(part.path):
        raise _lies(part.name, declared, "UTF-8")
    return text


def _declared(part: Part) -> str | None:
    """The encoding that the declaration names, in Python's word for it."""
    with part.path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    marked = next((name for mark, name in BYTE_ORDER_MARKS if head.startswith(mark)), None)
    found = _DECLARED.match(head.decode(marked or "latin-1", "ignore").lstrip("\ufeff"))
    if not found:
        return None
    try:
        "".encode(found[1])  # rot13 is known too, and is no encoding of text
        declared = codecs.lookup(found[1]).name
    except LookupError:
        raise ReadError(
            "the XML declaration names an encoding that is unknown",
            where=f"{part.name}, line 1",
            rule="An XML file says in its first line how its letters are written",
            next_step="Ask the partner for UTF-8, or set `reader: {encoding: ...}` in the contract",
        ) from None
    # a declaration that could be read without a mark is written in letters of one byte
    wide = re.match(r"utf-(16|32)", declared)
    width = marked and re.match(r"utf-(8|16|32)", marked)
    if (wide and not marked) or (width and width[0] != declared[: len(width[0])]):
        raise _lies(part.name, declared, marked or "letters of one byte")
    return declared


def _is_utf8(path: Path) -> bool:
    """Whether letters beyond ASCII are there, and all are those of UTF-8; of another encoding none are."""
    decoder, is_ascii = codecs.getincrementaldecoder("utf-8")(), True
    with path.open("rb") as file:
        try:
            while chunk := file.read(_CHUNK):
                is_ascii = is_ascii and chunk.isascii()
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return not is_ascii


def _lies(name: str, declared: str, found: str) -> ReadError:
    return ReadError(
        f"the XML declaration says {declared}, the file is written in {found.removesuffix('-sig')}",
        where=f"{name}, line 1",
        rule="An encoding that is not the file's own reads names wrongly",
        next_step="Ask the partner to export the file anew, or set `reader: {encoding: ...}` in the contract",
    )


def root_of(text: TextFile) -> str:
    """The name of the outermost element, as lxml writes it; a document type or a broken prolog is refused.

    Nothing of the file was parsed before by a parser that knows of entities, and none can be declared after.
    """
    parser = expat.ParserCreate("utf-8", "}")
    roots: list[str] = []
    types: list[int] = []
    parser.StartElementHandler = lambda name, _: roots.append(name)
    parser.StartDoctypeDeclHandler = lambda *_: types.append(parser.CurrentLineNumber)
    with text.path.open("rb") as file:
        while not roots and not types:
            # byte by byte, so that nothing is parsed beyond what is looked for
            chunk = file.read(1)
            try:
                parser.Parse(chunk, not chunk)
            except expat.ExpatError as error:
                raise not_well_formed(text.name, error.lineno) from None
    if types:
        raise ReadError(
            "the file declares a document type (<!DOCTYPE ...>)",
            where=f"{text.name}, line {types[0]}",
            rule="Document types can declare entities, which read other files or grow without end; none is"
            " read",
            next_step="Ask the partner for an export without a document type, as Ed-Fi's interchanges are",
        )
    uri, brace, local = roots[0].rpartition("}")
    return f"{{{uri}}}{local}" if brace else local


def line_of_fault(path: Path) -> int:
    """The line in which a file of XML in UTF-8 breaks, for faults of which lxml does not tell it."""
    parser = expat.ParserCreate("utf-8")
    with path.open("rb") as file:
        try:
            parser.ParseFile(file)
        except expat.ExpatError as error:
            return error.lineno
    return parser.CurrentLineNumber


def not_well_formed(name: str, line: int) -> ReadError:
    """The refusal of what breaks the rules of XML itself."""
    return ReadError(
        "the file is not well-formed XML, or cut off",
        where=f"{name}, line {line}",
        rule="Every element is closed, in the order in which they were opened, and & is written &amp;",
        next_step="Ask the partner to export and send the file anew, and compare the sizes",
    )
