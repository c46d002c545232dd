"""The indicator registry: what _indicators.yml says of each indicator, checked."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from ingestion.contracts.entities import load_entities
from ingestion.errors import ContractError, MilepostError
from ingestion.yaml_file import Location, YamlFile, nearest, read_yaml

REGISTRY = Path("models/marts/indicators/_indicators.yml")
IDENTIFIER = re.compile(r"^[a-z][a-z0-9_]*$")
_FACTS = ("config", "meta", "indicator")  # where an entry has them


class RegistryError(MilepostError):
    """The indicator registry is wrong; nothing was written."""


class _Facts(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Definition(_Facts):
    """One published way to count an indicator, and the school years (both inclusive) it is in force."""

    version: str = Field(pattern=r"^[a-z0-9][a-z0-9_]*$")
    first_year: int | None = Field(default=None, ge=1900, le=2200)
    last_year: int | None = Field(default=None, ge=1900, le=2200)
    parameters: dict[str, str | int | float | bool] = {}
    citation: str = Field(min_length=5)
    is_default: bool = False

    @property
    def years(self) -> tuple[int, int]:
        return self.first_year or 0, self.last_year or 9999

    @property
    def texts(self) -> dict[str, str]:
        """The parameters as the models read them: text, with true and false as SQL writes them."""
        return {
            name: str(value).lower() if isinstance(value, bool) else str(value)
            for name, value in self.parameters.items()
        }

    @model_validator(mode="after")
    def _years_in_order(self) -> "Definition":
        if self.years[0] > self.years[1]:
            raise ValueError(f"version {self.version}: first_year is after last_year")
        return self


class Indicator(_Facts):
    """One registry entry; `id` is the name of its model and of its rows' indicator_id."""

    id: str = Field(pattern=IDENTIFIER.pattern)
    title: str = Field(min_length=3)
    stage: str = Field(min_length=3)
    outcome: str | None = None
    unit: str = Field(min_length=3)
    better: Literal["up", "down"]
    timing: str = Field(min_length=3)
    # where a child is counted: its school of the year, the one that received or graduated it, or home alone
    place: Literal["accountable_school", "receiving_school", "school_of_graduation", "residence"]
    required_entities: tuple[str, ...] = Field(min_length=1)
    ew_indicator: str | None = None
    caveats: str | None = None
    # it says of how many data came: how few are missing tells nothing of a child
    is_coverage: bool = False
    definitions: tuple[Definition, ...] = Field(min_length=1)

    @field_validator("required_entities")
    @classmethod
    def _known_entities(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name not in load_entities():
                raise ValueError(f"no entity is called {name!r}{perhaps(name, load_entities())}")
        return names

    @model_validator(mode="after")
    def _one_default_a_year(self) -> "Indicator":
        versions = [definition.version for definition in self.definitions]
        if len(set(versions)) < len(versions):
            raise ValueError("a definition version is stated twice")
        defaults = sorted((d for d in self.definitions if d.is_default), key=lambda d: d.years)
        if not defaults:
            raise ValueError("no definition is the default (is_default: true)")
        for earlier, later in pairwise(defaults):
            if later.years[0] <= earlier.years[1]:
                raise ValueError(f"default versions {earlier.version} and {later.version} overlap in time")
        return self


def load_registry(dbt_project: Path) -> dict[str, Indicator]:
    """Indicator id -> indicator, in the order of the registry; a RegistryError tells of every problem."""
    path = dbt_project / REGISTRY
    entries = _entries(path)
    problems: list[RegistryError] = []
    indicators: dict[str, Indicator] = {}
    for entry in entries:
        try:
            indicator = _indicator(entry)
        except RegistryError as error:
            problems.extend(single for single in error.singles() if isinstance(single, RegistryError))
        else:
            if indicator.id in indicators:
                problems.append(_problem(entry, "is stated twice", "Remove one entry"))
            indicators[indicator.id] = indicator
    problems.extend(_unmatched(path, entries))
    if problems:
        raise RegistryError.of(problems)
    return indicators


@dataclass(frozen=True)
class _Entry:
    """One model of the file, and where it stands in it."""

    file: YamlFile
    index: int

    @property
    def data(self) -> Any:
        return self.file.data["models"][self.index]

    @property
    def name(self) -> str:
        return str(self.data.get("name", "?"))

    def where(self, *inside: str | int) -> str:
        return f"{self.file.path}:{self.file.line(('models', self.index, *inside))}"


def _entries(path: Path) -> list[_Entry]:
    if not path.exists():
        raise RegistryError("the indicator registry is missing", where=str(path))
    return _read_entries(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=1)
def _read_entries(path: Path, _modified: int) -> list[_Entry]:
    try:
        file = read_yaml(path, with_aliases=True)
    except ContractError as error:
        raise RegistryError(error.what, where=error.where) from error
    if file.problems:
        raise RegistryError.of(
            [RegistryError(problem.what, where=problem.where) for problem in file.problems]
        )
    models = file.data.get("models") if isinstance(file.data, dict) else None
    if not models:
        raise RegistryError("no models are listed", where=str(path), rule="`models:` lists every indicator")
    return [_Entry(file, index) for index in range(len(models))]


def _indicator(entry: _Entry) -> Indicator:
    facts = entry.data
    for key in _FACTS:
        facts = facts.get(key) if isinstance(facts, dict) else None
    if not isinstance(facts, dict):
        raise _problem(entry, "has no config.meta.indicator", "State title, stage, definitions, …")
    try:
        return Indicator.model_validate({"id": entry.name, **facts})
    except ValidationError as error:
        raise RegistryError.of([_explained(entry, detail) for detail in error.errors()]) from error


def _explained(entry: _Entry, detail: Any) -> RegistryError:
    """One pydantic complaint as an error with file, line, indicator and, for an unknown key, a near miss."""
    location: Location = tuple(part for part in detail["loc"] if part not in ("str", "int", "float", "bool"))
    what = detail["msg"].removeprefix("Value error, ")
    if detail["type"] == "extra_forbidden":
        known = Definition.model_fields if "definitions" in location else Indicator.model_fields
        what = f"unknown key{perhaps(str(location[-1]), known)}"
    place = ".".join(str(part) for part in location)
    return RegistryError(
        f"indicator {entry.name}{', ' + place if place else ''}: {what}",
        where=entry.where(*_FACTS, *location),
    )


def _unmatched(path: Path, entries: list[_Entry]) -> list[RegistryError]:
    """An entry without a model, and a model without an entry, each with the name that was probably meant."""
    listed = {entry.name: entry for entry in entries}
    files = {file.stem: file for file in path.parent.glob("*.sql")}
    lonely_entries = [
        _problem(listed[name], f"has no model {name}.sql{perhaps(name, files)}", "Write the model")
        for name in listed.keys() - files.keys()
    ]
    lonely_models = [
        RegistryError(
            f"model {name} has no entry in {path.name}{perhaps(name, listed)}",
            where=str(files[name]),
            next_step="Add an entry with config.meta.indicator",
        )
        for name in files.keys() - listed.keys()
    ]
    return sorted(lonely_entries + lonely_models, key=str)


def _problem(entry: _Entry, what: str, next_step: str) -> RegistryError:
    return RegistryError(f"indicator {entry.name} {what}", where=entry.where(), next_step=next_step)


def perhaps(name: str, known: Iterable[str]) -> str:
    """` (did you mean 'x'?)`, or nothing where no name is near."""
    found = nearest(name, known)
    return f" (did you mean {found!r}?)" if found else ""
