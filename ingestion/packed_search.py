"""A search of bytes through archives, those within them, and what is left of damaged ones; within limits."""

from __future__ import annotations

import gzip
import io
import itertools
import lzma
import mmap
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from typing import IO

from ingestion.errors import ReadError
from ingestion.unpacked_size import budget
from ingestion.workbook_lines import workbook_lines
from ingestion.written import Texts

MOST_DEPTH = 4  # an extract as it is sent: a workbook in a zip in a zip
_LARGEST_INNER = 1 << 28  # bytes of an archive within an archive that is looked into
_PIECE, _WINDOW, _OVERLAP = 1 << 16, 1 << 22, 1 << 11
_ZIP, _GZIP = b"PK\x03\x04", b"\x1f\x8b"
_PREFIX = 1 << 12  # bytes in which an archive begins, after a program that unpacks it or a stray line
_HEADER = 30  # bytes of a member's own header in a zip, before its name
_DEFLATED = 8
# what zipfile and gzip raise of archives that are damaged, encrypted, or packed in an unknown way
_UNREADABLE = (
    *(zipfile.BadZipFile, EOFError, OSError, zlib.error, lzma.LZMAError, struct.error),
    *(NotImplementedError, UnicodeError, ValueError, OverflowError, IndexError, RuntimeError),
)


class PackedSearch:
    """The search of one file. `unsure` says afterwards what was not read to its end, if anything was not."""

    def __init__(self, texts: Texts, n_bytes: int) -> None:
        self.unsure = ""
        self._texts = texts
        self._spend = budget("", n_bytes)

    def finds_in(self, file: IO[bytes]) -> bool:
        """Whether the texts stand in a file, or in what it unpacks to."""
        try:
            return self._in_file(file, 0)
        except ReadError:
            self.unsure = "it unpacks to more than an honest file does"
            file.seek(0)
            return self._in_pieces(_read(file))

    def _in_file(self, file: IO[bytes], depth: int) -> bool:
        head = file.read(_PREFIX)
        file.seek(0)
        is_gzip = head.startswith(_GZIP)
        is_zip = not is_gzip and (_ZIP in head or zipfile.is_zipfile(file))
        if depth > MOST_DEPTH and (is_zip or is_gzip):
            self.unsure = f"archives lie in each other, more than {MOST_DEPTH} deep"
        elif is_zip:
            if self._in_zip(file, depth):
                return True
        elif is_gzip and self._inside(self._unpacked(gzip.GzipFile(fileobj=file)), depth):
            return True
        file.seek(0)
        return self._in_pieces(_read(file))

    def _in_zip(self, file: IO[bytes], depth: int) -> bool:
        """In its members; of one that does not unpack, in as much of it as does."""
        damaged = False
        try:
            with zipfile.ZipFile(file) as archive:
                for info in archive.infolist():
                    try:
                        with archive.open(info) as member:
                            if self._inside(self._counted(_read(member)), depth):
                                return True
                    except _UNREADABLE:
                        damaged = True
                if self._in_pieces(workbook_lines(archive)):
                    return True
        except _UNREADABLE:
            damaged = True
        if damaged:
            self.unsure = "an archive is damaged, cut off, encrypted or packed in an unknown way"
            return any(self._inside(self._counted(one), depth) for one in _members_of_damaged(file))
        return False

    def _inside(self, pieces: Iterator[bytes], depth: int) -> bool:
        """In what was packed, which may be an archive itself."""
        first = b""
        while len(first) < 16 and (piece := next(pieces, b"")):
            first += piece
        if first[:4] == _ZIP or first[:2] == _GZIP:
            inner = io.BytesIO(first)
            inner.seek(0, io.SEEK_END)
            while inner.tell() <= _LARGEST_INNER and (piece := next(pieces, b"")):
                inner.write(piece)
            if inner.tell() <= _LARGEST_INNER:
                inner.seek(0)
                return self._in_file(inner, depth + 1)
            self.unsure = f"an archive of over {_LARGEST_INNER >> 20} MB lies in it"
            first = inner.getvalue()
        if first[:4] == b"PAR1" or first[8:12] == b"DUCK":
            self.unsure = "a Parquet file or a database lies in an archive"
        return self._in_pieces(itertools.chain([first], pieces))

    def _in_pieces(self, pieces: Iterable[bytes]) -> bool:
        return any(map(self._texts.stand_in_bytes, _windows(pieces)))

    def _unpacked(self, packed: gzip.GzipFile) -> Iterator[bytes]:
        """What comes before the place where it is damaged or cut off."""
        try:
            yield from self._counted(_read(packed))
        except _UNREADABLE:
            self.unsure = "the gzip file is damaged or cut off before its end"

    def _counted(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self._spend(len(piece))
            yield piece


def _read(file: IO[bytes] | gzip.GzipFile) -> Iterator[bytes]:
    """Piece by piece as they come: a larger read would lose all that comes before a fault."""
    read = getattr(file, "read1", file.read)
    while piece := read(_PIECE):
        yield piece


def _windows(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Large stretches, each with the end of the one before, or what stands at a seam would be missed."""
    window = bytearray()
    for piece in pieces:
        window += piece
        if len(window) >= _WINDOW:
            yield bytes(window)
            del window[:-_OVERLAP]
    yield bytes(window)


def _members_of_damaged(file: IO[bytes]) -> Iterator[Iterator[bytes]]:
    """What can be unpacked after each member's own header, where the list of them at the end is lost."""
    data = _whole(file)
    place = data.find(_ZIP)
    while place >= 0:
        header = data[place : place + _HEADER]
        if len(header) == _HEADER and struct.unpack_from("<H", header, 8)[0] == _DEFLATED:
            n_name, n_extra = struct.unpack_from("<HH", header, 26)
            yield _inflated(data, place + _HEADER + n_name + n_extra)
        place = data.find(_ZIP, place + 1)


def _whole(file: IO[bytes]) -> bytes | mmap.mmap:
    if isinstance(file, io.BytesIO):
        return file.getvalue()
    return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _inflated(data: bytes | mmap.mmap, start: int) -> Iterator[bytes]:
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    for place in range(start, len(data), _PIECE):
        try:
            piece = inflate.decompress(data[place : place + _PIECE])
        except zlib.error:
            return
        if piece:
            yield piece
        if inflate.eof:
            return
