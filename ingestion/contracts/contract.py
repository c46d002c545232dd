"""Contracts: one strict YAML file per extract says what a partner sends and what it becomes."""

import datetime as dt
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from ingestion.contracts.columns import Body, Column, Origin
from ingestion.contracts.entities import CANONICAL, Entity, load_entities
from ingestion.contracts.file_names import Match, match_pattern, parse_school_year
from ingestion.contracts.sql_expression import check_expression
from ingestion.yaml_file import Identifier

MonthDay = Annotated[str, StringConstraints(pattern=r"^\d{2}-\d{2}$")]


class ContractFile(Body):
    """The fields of a contract's YAML file."""

    partner: Identifier
    entity: Identifier
    label: Identifier | None = None
    title: str
    agreement: Identifier
    expects: dict[Identifier, MonthDay] = Field(default_factory=dict)
    file: str | None = None
    files: tuple[str, ...] = ()
    columns: dict[Identifier, Column]

    @model_validator(mode="after")
    def _one_way_to_name_files(self) -> Self:
        if bool(self.file) == bool(self.files):
            raise ValueError("give exactly one of file and files")
        return self

    @property
    def file_stem(self) -> str:
        """What the contract's file is called, without its ending."""
        return "__".join(self.extract_id.split("."))

    @property
    def extract_id(self) -> str:
        """`partner.entity`, or `partner.entity.label` where one entity comes in several extracts."""
        return ".".join(part for part in (self.partner, self.entity, self.label) if part)

    @property
    def patterns(self) -> tuple[str, ...]:
        """Every file pattern, whichever of `file` and `files` states it."""
        return (self.file,) if self.file else self.files


class Contract(ContractFile):
    """A checked contract: columns carry their entity's facts, `key` is set, `fingerprint` its hash.

    `bundle` names the contract of a layout that this is one of: what one file holds for a bundle comes into
    force together or not at all. `is_required` says that no file of the bundle is whole without it, and
    `layout_codes` what the layout's own codes mean: canonical column -> code -> conformed code.
    """

    path: Path
    community: str | None = None
    fingerprint: str = ""
    layout: str | None = None
    bundle: str | None = None
    is_required: bool = True
    layout_codes: dict[str, dict[str, str]] = Field(default_factory=dict)

    @property
    def canonical(self) -> Entity:
        """The entity the extract becomes."""
        return load_entities()[self.entity]

    @property
    def is_roster(self) -> bool:
        """Whether the partner's other files of a year should be of the children that this one names."""
        if self.canonical.standard != CANONICAL:
            return self.canonical.roster_column is not None
        stated = self.bundle is None if self.roster is None else self.roster
        return stated and self.canonical.roster_column is not None

    @property
    def file_headers(self) -> tuple[str, ...]:
        """Every header of the file that the contract mentions and does not ignore; others are a surprise."""
        made = {*self.unpivot.made} if self.unpivot else set()
        origins: list[Origin] = [*self.columns.values(), *filter(None, (self.school_year, self.collection))]
        named = [header for origin in origins for header in origin.headers]
        expressions = [origin.sql for origin in origins if origin.sql]
        if self.rows and self.rows.where:
            expressions.append(self.rows.where)
        named += [header for sql in expressions for header in sql_headers(sql)]
        found = [header for header in named if header not in made]
        return tuple(dict.fromkeys([*found, *(self.unpivot.headers if self.unpivot else ())]))

    @property
    def spared_headers(self) -> frozenset[str]:
        """Headers of a layout's expressions that are NULL where JSON or XML has not the key at all.

        Both leave out keys that are empty in every record, as no table does. An expression of a column that
        must be there cannot do without its headers.
        """
        if self.layout is None:
            return frozenset()
        of_columns = [(name, column) for name, column in self.columns.items() if column.sql]
        spared = {h for _, column in of_columns for h in sql_headers(column.sql or "null")}
        needed = {
            header
            for name, column in of_columns
            if column.required or name in self.key
            for header in sql_headers(column.sql or "null")
        }
        where = sql_headers(self.rows.where) if self.rows and self.rows.where else ()
        return frozenset(spared - needed - {*where})

    @property
    def value_headers(self) -> tuple[str, ...]:
        """Headers whose values become a column's as they are, not through an expression."""
        origins: list[Origin] = [*self.columns.values(), *filter(None, (self.school_year, self.collection))]
        named = [header for origin in origins for header in origin.headers]
        into = self.unpivot.by_repeat if self.unpivot else {}
        repeated = [chain(*by_repeat.values()) for name, by_repeat in into.items() if name in named]
        return (*named, *chain(*repeated))

    def over(self, headers: Iterable[str]) -> Self:
        """The contract for a file with these headers: what `unpivot` says by a rule, it says by name."""
        if self.unpivot is None or not self.unpivot.like:
            return self
        return self.model_copy(update={"unpivot": self.unpivot.over(headers)})

    @property
    def constants(self) -> Match:
        """The school year and the collection that the contract itself states for every file."""
        year, part = (origin and origin.value for origin in (self.school_year, self.collection))
        return Match("", parse_school_year(year) if year else None, part.lower() if part else None)

    def due_date(self, school_year: int, collection: str) -> dt.date | None:
        """The day a delivery is due; None where none is expected.

        An annual extract is due after the school year it tells of, an interim one within it (July to June).
        """
        if collection not in self.expects:
            return None
        month, day = (int(part) for part in self.expects[collection].split("-"))
        if collection == "annual":
            return dt.date(school_year if month >= 6 else school_year + 1, month, day)
        return dt.date(school_year - 1 if month >= 7 else school_year, month, day)


def sql_headers(sql: str) -> tuple[str, ...]:
    """The headers an expression of a contract refers to, as written."""
    return check_expression(sql).headers


def match_file(contract: Contract, file_name: str) -> Match | None:
    """What `file_name` (or a path below the inbox) says of itself by this contract; None if not its file.

    Of several patterns that fit, the one that tells most wins: `a_{school_year}_{collection}.csv` before
    `a_{school_year}*.csv`.
    """
    matches = [found for pattern in contract.patterns if (found := match_pattern(pattern, file_name))]
    return max(matches, key=lambda m: (m.collection is not None) + (m.school_year is not None), default=None)
