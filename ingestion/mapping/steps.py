"""The statement that maps a source: SQL text, step by step, from the cells of a file to typed columns."""

import unicodedata
from collections.abc import Iterable, Mapping

from ingestion.contracts.columns import Column, Origin
from ingestion.contracts.contract import Contract
from ingestion.contracts.entities import SQL_TYPES
from ingestion.mapping.needed_headers import PERIOD_COLUMNS
from ingestion.mapping.parsing import FALLIBLE_TYPES, SCHOOL_YEAR_BEGINS, parsed, school_year
from ingestion.readers.headers import folded
from ingestion.readers.records import LINE_IS_BROKEN
from ingestion.sql_text import identifier, literal


class Steps:
    """The statement as a chain of named steps: cleaned, repeated, filtered, texts, typed."""

    def __init__(
        self,
        contract: Contract,
        present: Mapping[str, str],
        source_table: str,
        empty: frozenset[str] = frozenset(),
    ) -> None:
        self.empty = empty
        self.contract = contract = contract.over(present.values())
        self.present = present
        self.source_table = source_table
        # a column of every step where the source has broken lines
        self.flag = (LINE_IS_BROKEN,) if LINE_IS_BROKEN in present else ()
        self.origins: dict[str, Origin] = dict(contract.columns)
        for name in PERIOD_COLUMNS:
            if origin := getattr(contract, name):
                self.origins[name] = origin
        self.period_columns = tuple(name for name in PERIOD_COLUMNS if name in self.origins)

    def query(self) -> str:
        ctes = f"{self.rows()}, texts as ({self._texts()}), typed as ({self._typed()})"
        names = [identifier(name) for name in self.origins]
        flags = [
            f"({identifier(name)} is null and {identifier(name + '__text')} is not null)"
            f" as {identifier(flag)}"
            for name, flag in self.unparsed().items()
        ]
        named = ", ".join([*names, *flags, *self.flag])
        return f"{ctes} select {named}, _row_number, _source_file from typed"

    def unparsed(self) -> dict[str, str]:
        """Column -> hidden column, for every column whose text may be there and not parse."""
        return {
            name: f"{name}__unparsed"
            for name, origin in self.origins.items()
            if self._kind(name) in FALLIBLE_TYPES and (origin.sql or self._header(origin.headers))
        }

    def rows(self) -> str:
        """The steps up to the rows the extract is made of, as `with …`; the last is named filtered."""
        used = {
            folded(h): self.present[folded(h)]
            for h in self.contract.file_headers
            if folded(h) in self.present
        }
        made = self._made()
        cells = [f"{self._cleaned(h)} as {identifier(h)}" for fold, h in used.items() if fold not in made]
        absent = dict.fromkeys(h for h in self.contract.optional if folded(h) not in self.present)
        cells += [f"null::varchar as {identifier(h)}" for h in absent]
        rows = self.contract.rows
        where = f" where ({rows.where}\n)" if rows and rows.where else ""
        if where and self.flag:
            where += f" or {LINE_IS_BROKEN}"
        repeated = self._repeated() if self.contract.unpivot else "select * from cleaned"
        hidden = [f"{self._cleaned(used[fold])} as {identifier('_of_' + fold)}" for fold in used]
        flag = [f"coalesce({name}, false) as {name}" for name in self.flag]
        repeats = hidden if self.contract.unpivot else []
        inner = ", ".join([*cells, *repeats, *flag, "_row_number", "_source_file"])
        return (
            f"with cleaned as (select {inner} from {self.source_table}),"
            f" repeated as ({repeated}), filtered as (select * from repeated{where})"
        )

    def _made(self) -> set[str]:
        """Names that unpivoting gives its columns; they stand before headers of the same name."""
        unpivot = self.contract.unpivot
        return {*unpivot.made} if unpivot else set()

    def _cleaned(self, header: str) -> str:
        """A cell without surrounding blanks, NULL where missing.

        Two comparisons spare most cells the trim, which copies: 0.7 s instead of 1.2 s of 12 million cells.
        Accents become one with their letter, whichever way the file writes them; of ASCII text that costs
        0.05 s of 12 million cells.
        """
        if header in self.empty:
            return "null::varchar"
        cell = identifier(header)
        trimmed = (
            f"nfc_normalize(case when {cell} < '!' or {cell} like '% '"
            f" then nullif(trim({cell}, ' '), '') else {cell} end)"
        )
        stated = {marker.strip() for marker in self.contract.missing} - {""}
        markers = sorted(stated | {unicodedata.normalize("NFD", marker) for marker in stated})
        if not markers:
            return trimmed
        longest = max(len(marker.encode()) for marker in markers)
        listed = ", ".join(map(literal, markers))
        is_missing = f"strlen({cell}) <= {longest} and {cell} in ({listed})"
        padded = f"({cell} < '!' or {cell} like '% ') and trim({cell}, ' ') in ({listed})"
        return f"case when ({is_missing}) or ({padded}) then null else {trimmed} end"

    def _repeated(self) -> str:
        """Rows times repeats, without the repeats that say nothing."""
        unpivot = self.contract.unpivot
        assert unpivot is not None
        structs, repeats = [], self._repeats_there()
        for repeat in repeats:
            fields = [
                f"{identifier(name)} := {literal(label)}"
                for name, label in zip(unpivot.labels, repeat, strict=True)
            ]
            for name, by_repeat in unpivot.by_repeat.items():
                # of the file: a column that is made may be called like the header it is made of
                header = self._header_of_file(by_repeat[repeat])
                value = identifier("_of_" + folded(header)) if header else "null::varchar"
                fields.append(f"{identifier(name)} := {value}")
            structs.append(f"struct_pack({', '.join(fields)})")
        picked = ", ".join(f"_repeat.{identifier(name)} as {identifier(name)}" for name in unpivot.made)
        something = " or ".join(f"_repeat.{identifier(name)} is not null" for name in unpivot.into)
        if self.flag:
            is_first = " and ".join(
                f"_repeat.{identifier(name)} = {literal(label)}"
                for name, label in zip(unpivot.labels, repeats[0], strict=True)
            )
            something += f" or ({LINE_IS_BROKEN} and {is_first})"
        return (
            f"select * exclude (_repeat), {picked} from"
            f" (select *, unnest([{', '.join(structs)}]) as _repeat from cleaned) where {something}"
        )

    def _repeats_there(self) -> list[tuple[str, ...]]:
        """Repeats of which the file has a header; a layout may know a hundred more."""
        unpivot = self.contract.unpivot
        assert unpivot is not None
        return [
            repeat
            for repeat in unpivot.repeats
            if any(self._header_of_file(by_repeat[repeat]) for by_repeat in unpivot.by_repeat.values())
        ]

    def _texts(self) -> str:
        columns = [f"{self.text(name)} as {identifier(name)}" for name in self.origins]
        texts = ", ".join([*columns, *self.flag])
        if self.contract.rows and self.contract.rows.distinct:
            first = "min(_row_number) as _row_number, min_by(_source_file, _row_number) as _source_file"
            if self.flag:
                # each broken line stays a row of its own
                texts += f", case when {LINE_IS_BROKEN} then row(_source_file, _row_number) end as _line"
            return f"select {texts}, {first} from filtered group by all"
        return f"select {texts}, _row_number, _source_file from filtered"

    def text(self, name: str) -> str:
        """The text of a column before it is parsed."""
        origin = self.origins[name]
        if origin.sql is not None:
            # on a line of its own, so that a trailing comment ends
            return f"nullif(trim(({origin.sql}\n)::varchar), '')"
        if origin.value is not None:
            return f"{literal(origin.value)}"
        header = self._header(origin.headers)
        return identifier(header) if header else "null::varchar"

    def _header(self, aliases: Iterable[str]) -> str | None:
        """The first of `aliases` that is there, made or in the file, as it is written there."""
        made = {name: name for name in self._made()}
        there = {**self.present, **made}
        return next((there[folded(alias)] for alias in aliases if folded(alias) in there), None)

    def _header_of_file(self, aliases: Iterable[str]) -> str | None:
        return next((self.present[folded(alias)] for alias in aliases if folded(alias) in self.present), None)

    def _kind(self, name: str) -> str:
        if name in PERIOD_COLUMNS:
            return "integer" if name == "school_year" else "text"
        return self.contract.columns[name].type or "text"

    def _typed(self) -> str:
        values = []
        for name in self.origins:
            values.append(f"{self._value(name)} as {identifier(name)}")
            if name in self.unparsed():
                values.append(f"{identifier(name)} as {identifier(name + '__text')}")
        return f"select {', '.join([*values, *self.flag])}, _row_number, _source_file from texts"

    def _school_year(self, text: str) -> str:
        """The year that a text says, or the one that the day it says lies in."""
        formats = self.contract.school_year.formats if self.contract.school_year else ()
        if not formats:
            return school_year(text)
        day = parsed(text, Column(value="day", type="date", format=formats))
        return f"year({day}) + (month({day}) >= {SCHOOL_YEAR_BEGINS})::integer"

    def _value(self, name: str) -> str:
        text = identifier(name)
        if name == "school_year":
            return self._school_year(text)
        if name == "collection":
            return f"lower({text})"
        column = self.contract.columns[name]
        if column.sql is not None and column.type == "boolean":
            column = _with_sql_booleans(column)
        return f"({parsed(text, column)})::{SQL_TYPES[self._kind(name)]}"


def _with_sql_booleans(column: Column) -> Column:
    """An expression may give a boolean itself, whatever texts stand for true and false in the file."""
    return column.model_copy(
        update={
            "true_values": (*column.true_values, "true"),
            "false_values": (*column.false_values, "false"),
        }
    )
