"""YAML read into strict pydantic models, where every problem knows its line and its near miss."""

import datetime as dt
import difflib
import re
import types
import typing
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, ValidationError
from pydantic_core import ErrorDetails

from ingestion.errors import ContractError
from ingestion.yaml_nodes import (
    AliasError,
    MappingNode,
    MarkedYAMLError,
    Node,
    ScalarNode,
    Scalars,
    SequenceNode,
    YAMLError,
    composed,
)

Location = tuple[str | int, ...]
IDENTIFIER_PATTERN = r"^[a-z][a-z0-9_]*$"
Identifier = Annotated[str, StringConstraints(pattern=IDENTIFIER_PATTERN)]
M = TypeVar("M", bound=BaseModel)


def _day(value: Any) -> Any:
    """A text as a date; YAML gives dates where they are written so."""
    if not isinstance(value, str):
        return value
    try:
        return dt.date.fromisoformat(value.strip())
    except ValueError:
        raise ValueError("a day is written YYYY-MM-DD, such as 2025-09-12") from None


Day = Annotated[dt.date, BeforeValidator(_day)]


class Strict(BaseModel):
    """What is parsed from configuration: frozen, and no field it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class _WrittenInt(int):
    text: str


class _WrittenFloat(float):
    text: str


def as_written(value: object) -> object:
    """Codes such as 01 stay as they were written, quoted or not."""
    if isinstance(value, bool):
        return str(value).lower()
    return getattr(value, "text", value)


Text = Annotated[str, BeforeValidator(as_written)]


def _as_list(value: object) -> object:
    return value if isinstance(value, list | tuple) else [value]


Texts = Annotated[tuple[Text, ...], BeforeValidator(_as_list)]


@dataclass(frozen=True)
class YamlFile:
    """A parsed file: plain data, the line of every key and item, and what was already wrong with it."""

    path: Path
    data: Any
    lines: Mapping[Location, int] = field(default_factory=dict)
    problems: tuple[ContractError, ...] = ()

    def problem(self, location: Location, what: str, next_step: str = "", rule: str = "") -> ContractError:
        """An error that names this file and the line nearest to `location`."""
        return ContractError(what, where=f"{self.path}:{self.line(location)}", rule=rule, next_step=next_step)

    def line(self, location: Location) -> int:
        return next(
            (self.lines[location[:n]] for n in range(len(location), -1, -1) if location[:n] in self.lines), 1
        )


def read_yaml(path: Path, with_aliases: bool = False) -> YamlFile:
    """Parse `path`; duplicate keys are collected as problems, an unreadable file raises ContractError.

    Aliases are for files of our own: of others a few lines of aliases of aliases would grow without bound.
    """
    try:
        # an accent may be typed as a letter of its own; what is compared with files has one form
        text = unicodedata.normalize("NFC", path.read_text(encoding="utf-8-sig"))
        node = composed(text, with_aliases)
    except AliasError as error:
        raise ContractError(
            f"the alias '*{error.anchor}' is not allowed",
            where=f"{path}:{error.line}",
            next_step="Write the value out",
        ) from None
    except (MarkedYAMLError, YAMLError) as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        line = mark.line + 1 if mark else 1
        what = getattr(error, "problem", None) or "cannot be parsed"
        raise ContractError(
            f"not valid YAML: {what}",
            where=f"{path}:{line}",
            next_step="Check indentation, brackets and quotes at this line",
        ) from error
    except FileNotFoundError as error:
        raise ContractError("the file is missing", where=str(path), next_step="Write it") from error
    except UnicodeDecodeError as error:
        raise ContractError(
            "not a text file in UTF-8", where=str(path), next_step="Save it as UTF-8"
        ) from error
    lines: dict[Location, int] = {}
    duplicates: list[tuple[Location, int]] = []
    data = {} if node is None else _plain(Scalars(), node, (), lines, duplicates)
    problems = tuple(
        ContractError(
            f"the key '{location[-1]}' is there twice", where=f"{path}:{line}", next_step="Keep one of them"
        )
        for location, line in duplicates
    )
    return YamlFile(path, data, lines, problems)


def _plain(
    scalars: Scalars,
    node: Node,
    at: Location,
    lines: dict[Location, int],
    duplicates: list[tuple[Location, int]],
) -> Any:
    """Plain Python data of a node; keys are the text as written, so that `true:` and `01:` stay text."""
    lines.setdefault(at, node.start_mark.line + 1)
    if isinstance(node, MappingNode):
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key, line = str(key_node.value), key_node.start_mark.line + 1
            if key in mapping:
                duplicates.append(((*at, key), line))
                continue
            lines[(*at, key)] = line
            mapping[key] = _plain(scalars, value_node, (*at, key), lines, duplicates)
        return mapping
    if isinstance(node, SequenceNode):
        return [_plain(scalars, item, (*at, i), lines, duplicates) for i, item in enumerate(node.value)]
    assert isinstance(node, ScalarNode)
    value = scalars.value(node)
    if isinstance(value, int | float) and not isinstance(value, bool):
        written = _WrittenInt(value) if isinstance(value, int) else _WrittenFloat(value)
        written.text = str(node.value)
        return written
    return value


def validate(source: YamlFile, model: type[M]) -> tuple[M | None, list[ContractError], set[Location]]:
    """The model of a file with every problem found, and the places that were left out to go on looking.

    A model comes back even for a faulty file where leaving out the faulty entries gives one, so that rules
    across fields can still be checked; None where nothing sensible is left.
    """
    problems = list(source.problems)
    left_out: set[Location] = set()
    data = source.data
    for attempt in range(4):
        try:
            return model.model_validate(data), problems, left_out
        except ValidationError as error:
            details = error.errors(include_url=False)
            if attempt == 0 and data == {}:  # such as a redirected command that failed leaves
                return None, [*problems, _empty(source, details)], left_out
            if attempt == 0:
                problems += [_problem(source, model, detail) for detail in details]
            # what lacks a field is left out whole; anything else goes alone, then with what it stands in
            places = {_place(d)[:-1] if d["type"] == "missing" else _place(d) for d in details}
            left_out |= places
            if any(not place for place in places):
                return None, problems, left_out
            data = _without(data, places if attempt == 0 else {place[:2] for place in places})
    return None, problems, left_out


def _empty(source: YamlFile, details: Iterable[ErrorDetails]) -> ContractError:
    needed = ", ".join(f"'{step}'" for detail in details for step in _place(detail)[:1])
    return source.problem((), "the file is empty", f"Write it, with {needed} at least, or remove it")


def near_miss(name: str, known: Iterable[str]) -> str:
    """The next step for an unknown name: the nearest known one, else the whole list of them."""
    names = list(known)
    if close := nearest(name, names):
        return f"Did you mean '{close}'?"
    return f"Known: {', '.join(names)}" if names else "None is known here"


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that was probably meant, if there is one."""
    return next(iter(difflib.get_close_matches(name.lower(), list(known), n=1, cutoff=0.6)), None)


def _place(detail: ErrorDetails) -> Location:
    return tuple(step for step in detail["loc"] if step != "[key]")


def _without(data: Any, places: set[Location], at: Location = ()) -> Any:
    if isinstance(data, dict):
        return {k: _without(v, places, (*at, k)) for k, v in data.items() if (*at, k) not in places}
    if isinstance(data, list):
        return [_without(v, places, (*at, i)) for i, v in enumerate(data) if (*at, i) not in places]
    return data


def _problem(source: YamlFile, model: type[BaseModel], detail: ErrorDetails) -> ContractError:
    place, kind = _place(detail), detail["type"]
    name = ".".join(str(step) for step in place) or "the file"
    last = str(place[-1]) if place else ""
    if kind == "extra_forbidden":
        return source.problem(
            place, f"unknown field '{name}'", near_miss(last, _fields_at(model, place[:-1]))
        )
    if kind == "missing":
        return source.problem(place[:-1], f"the field '{name}' is missing", "Add it")
    if kind == "string_pattern_mismatch" and detail.get("ctx", {}).get("pattern") == IDENTIFIER_PATTERN:
        rule = "A name is lower case letters, digits and _, and begins with a letter"
        plain = unicodedata.normalize("NFKD", str(detail["input"]).lower())  # é as e with an accent to drop
        words = re.sub(r"[\s-]+", "_", plain)
        usable = re.sub(r"[^a-z0-9_]", "", words).lstrip("_0123456789")
        step = f"Rename it, to '{usable}' perhaps" if usable else "Rename it"
        return source.problem(place, f"'{name}' is not a name Milepost can use", step, rule)
    if kind == "literal_error":
        expected = (
            detail.get("ctx", {}).get("expected", "").replace("'", "").replace(" or ", ", ").split(", ")
        )
        return source.problem(
            place, f"'{name}' has an unknown value", near_miss(str(detail["input"]), expected)
        )
    message = detail["msg"].removeprefix("Value error, ")
    return source.problem(place, f"'{name}': {message[:1].lower()}{message[1:]}")


def _fields_at(model: type[BaseModel], location: Location) -> list[str]:
    """The field names, as written in YAML, of the model that stands at `location` below `model`."""
    current: Any = model
    for step in location:
        if _is_model(current):
            by_name = {f.alias or name: f.annotation for name, f in current.model_fields.items()}
            current = by_name.get(str(step))
        else:
            inside = typing.get_args(current)
            current = (inside[-1] if _is_mapping(current) else inside[0]) if inside else None
        current = _unwrapped(current)
    return [f.alias or name for name, f in current.model_fields.items()] if _is_model(current) else []


def _unwrapped(annotation: Any) -> Any:
    """`X | None` and `Annotated[X, ...]` as X."""
    if typing.get_origin(annotation) is Annotated:
        return _unwrapped(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        models = [a for a in map(_unwrapped, typing.get_args(annotation)) if _is_model(a)]
        return models[0] if models else annotation
    return annotation


def _is_mapping(annotation: Any) -> bool:
    origin = typing.get_origin(annotation)
    return isinstance(origin, type) and issubclass(origin, Mapping)


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
