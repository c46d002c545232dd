"""What a delivery of a layout tells of itself: its files, until when, and whether they are whole."""

import datetime as dt
import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

import duckdb

from ingestion.contracts.columns import Origin, Tolerance, YearOrigin
from ingestion.contracts.contract import Contract
from ingestion.contracts.layout import Layout, Manifest, load_layout
from ingestion.errors import MilepostError, ReadError
from ingestion.landing.archive import member_names
from ingestion.mapping.parsing import SCHOOL_YEAR_BEGINS
from ingestion.readers import read_source
from ingestion.readers.unpacking import is_member, unpack
from ingestion.spill import database_spilling_below

BULK, DELTA, ABSENT = "bulk", "delta", "absent"
Row = tuple[str | None, ...]


@dataclass(frozen=True)
class ArchiveFacts:
    """A delivery under a contract of its layout; what is unpacked on the way lies below `scratch`.

    Members are read as the gate reads them, so that both see the same rows.
    """

    path: Path
    contract: Contract
    scratch: Path

    @cached_property
    def layout(self) -> Layout | None:
        return load_layout(self.contract.layout) if self.contract.layout else None

    @cached_property
    def names(self) -> list[str]:
        """Members that count."""
        return [name for name in member_names(self.path) if is_member(name, "*")]

    @cached_property
    def sent(self) -> dict[str, str]:
        """Name of a file, lower case and without its ending -> how it was sent, as the manifest says.

        Raises ReadError for a manifest that is there and cannot be read.
        """
        manifest = self.layout.manifest if self.layout else None
        if manifest is None or not self.has(manifest.member):
            return {}
        if manifest.records is not None:
            return dict.fromkeys(self._listed_in_json(manifest), BULK)
        named = self._rows(manifest.member, f'"{manifest.name}"', f'"{manifest.value}"')
        told = {str(name or "").strip().lower(): str(how or "").strip().lower() for name, how in named}
        prefix = manifest.prefix.lower()
        return {
            name.removeprefix(prefix).removesuffix(".csv"): how
            for name, how in told.items()
            if name.startswith(prefix)
        }

    @cached_property
    def is_delta(self) -> bool:
        """Whether every table holds only what changed, where one member says it of all."""
        told = self.layout.is_delta if self.layout else None
        if told is None or told.member is None or not self.has(told.member):
            return False
        return any(value == "1" for (value,) in self._rows(told.member, told.sql))

    def is_delta_of(self, contract: Contract) -> bool:
        """Whether the table of this contract holds only what changed."""
        names = [PurePosixPath(one).stem.lower() for one in (contract.member or "").split("|")]
        return self.is_delta or DELTA in [self.sent.get(name) for name in names]

    def has(self, member: str) -> bool:
        return any(is_member(name, member) for name in self.names)

    def school_year(self) -> int | None:
        """The school year of the last day that the delivery tells of; None if it tells none.

        Raises ReadError where the day stands in a member that cannot be read.
        """
        told = self.layout.last_day if self.layout else None
        if told is None or (told.member and not self.has(told.member)):
            return None
        days = self._rows(told.member, told.sql) if told.member else self._rows_if_any(told.sql)
        try:
            last = dt.date.fromisoformat(max((day or "" for (day,) in days), default="")[:10])
        except ValueError:
            return None
        return last.year + (last.month >= SCHOOL_YEAR_BEGINS)

    def _rows_if_any(self, expression: str) -> list[Row]:
        """Of a file that is no archive; where a header is not there, the gate tells."""
        try:
            return self._rows(None, expression)
        except duckdb.Error:
            return []

    def _rows(self, member: str | None, first: str, second: str | None = None) -> list[Row]:
        """The different values of one or two expressions over a member, or over a file that is no archive."""
        assert self.layout is not None
        known = (*self.contract.ignore, *self.contract.file_headers)
        of_file = {"ignore": known}
        of_member = {"reader": self.layout.reader, "member": member, "sheet": None, "ignore": ("*",)}
        reading = self.contract.model_copy(
            update={
                **(of_member if member else of_file),
                **{"columns": {}, "key": (), "unpivot": None, "rows": None},
                "school_year": YearOrigin(sql=first),
                "collection": Origin(sql=second) if second else None,
                "tolerance": Tolerance(empty=True),
            }
        )
        with database_spilling_below(self.scratch, threads=1) as con:
            table = read_source(con, self.path, [reading], scratch=self.scratch)
            values = ", ".join(f"({one})::varchar" for one in (first, second) if one)
            try:
                return con.execute(f"select distinct {values} from {table}").fetchall()
            except duckdb.Error as error:
                if member is None:
                    raise
                raise ReadError(
                    f"{member} has not what the layout reads of it ({type(error).__name__})",
                    where=self.path.name,
                    next_step="Ask the partner for the whole export",
                ) from None

    def _listed_in_json(self, manifest: Manifest) -> Sequence[str]:
        """Names of the files that a manifest of JSON lists, lower case and without endings."""
        self.scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            with tempfile.TemporaryDirectory(prefix=f"{os.getpid()}-manifest-", dir=self.scratch) as folder:
                file = unpack(self.path, manifest.member, Path(folder))[0].path
                records = json.loads(file.read_text(encoding="utf-8-sig"))[manifest.records]
                return [PurePosixPath(record[manifest.name]).stem.lower() for record in records]
        except MilepostError:
            raise
        except (ValueError, KeyError, TypeError, IndexError, RecursionError):
            return []
