"""Repeated columns of a file made into rows: named one by one, put together of parts, or found by a rule."""

import re
from collections.abc import Iterable
from functools import cached_property
from itertools import product
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from ingestion.yaml_file import Identifier, Strict, Text, Texts, as_written


def _named_as_written(value: object) -> object:
    """A list of labels is a mapping of each to itself."""
    return {as_written(label): [label] for label in value} if isinstance(value, list) else value


class Unpivot(Strict):
    """Repeated columns made into rows: `name` gets the repeat's name, a column of `into` its header's value.

    Example: {name: season, into: {score: {fall: FallScore, spring: SpringScore}}} makes two rows of each row,
    with the source columns `season` ('fall', 'spring') and `score`; other columns then say `from: [score]`.
    Where headers are made of several parts, `each` lists the parts and `into` has headers with the parts'
    names in braces: {each: {season: [Fall, Spring], skill: {letters: [Letter Names, Letters]}}, into: {score:
    "{season} {skill} Score"}} reads `Fall Letters Score` into a row of the season Fall and the skill letters.
    Repeats whose values are all missing make no row.

    Where the headers follow a rule, `like` stands for `into`: a regular expression for each column, whose
    first group is the repeat's name. {name: variable, like: {estimate: '(B.+)E', margin: '(B.+)M'}} takes
    every such header that a file has. A file must have a header for each column but those of `optional`.
    """

    name: Identifier | None = None
    each: dict[Identifier, Annotated[dict[Text, Texts], BeforeValidator(_named_as_written)]] = Field(
        default_factory=dict
    )
    into: dict[Identifier, Annotated[dict[Text, Texts] | Texts, Field(union_mode="left_to_right")]] = Field(
        default_factory=dict
    )
    like: dict[Identifier, Text] = Field(default_factory=dict)
    optional: tuple[Identifier, ...] = ()

    @model_validator(mode="after")
    def _into_or_like(self) -> Self:
        if bool(self.into) == bool(self.like):
            raise ValueError("give exactly one of into and like")
        for pattern in self.like.values():
            try:
                groups = re.compile(pattern).groups
            except re.error as error:
                raise ValueError(f"like is not a regular expression ({error})") from None
            if not groups:
                raise ValueError("like has a group in brackets for the name of the repeat")
        return self

    @model_validator(mode="after")
    def _same_repeats(self) -> Self:
        if bool(self.name) == bool(self.each):
            raise ValueError("give one of name and each")
        if any(isinstance(headers, dict) == bool(self.each) for headers in self.into.values()):
            raise ValueError("with each, into has headers with the parts in braces; else a header by repeat")
        repeats = [set(by_repeat) for by_repeat in self.by_repeat.values()]
        if self.into and (not repeats[0] or any(names != repeats[0] for names in repeats)):
            raise ValueError("every column of into names a header for the same repeats")
        if {self.name, *self.each} & {*self.into, *self.like}:
            raise ValueError("name and the columns of into must differ")
        return self

    @cached_property
    def by_repeat(self) -> dict[str, dict[tuple[str, ...], tuple[str, ...]]]:
        """Column of `into` -> what `labels` are in a repeat -> the headers it may have, best first."""
        if self.name:
            return {
                column: {(repeat,): headers for repeat, headers in one.items()}
                for column, one in self.into.items()
                if isinstance(one, dict)
            }
        parts = [[(name, label, ways) for label, ways in one.items()] for name, one in self.each.items()]
        return {
            column: {
                tuple(label for _, label, _ in repeat): _headers_of(repeat, templates)
                for repeat in product(*parts)
            }
            for column, templates in self.into.items()
            if not isinstance(templates, dict)
        }

    @property
    def labels(self) -> tuple[str, ...]:
        """The columns that say which repeat a row is."""
        return (self.name,) if self.name else tuple(self.each)

    @property
    def made(self) -> tuple[str, ...]:
        """Every column that unpivoting makes."""
        return (*self.labels, *self.into, *self.like)

    @property
    def repeats(self) -> tuple[tuple[str, ...], ...]:
        return tuple(next(iter(self.by_repeat.values()), ()))

    @property
    def headers(self) -> tuple[str, ...]:
        """Every header of the file that is taken up by a repeat and is known by name."""
        return tuple(
            h for repeats in self.by_repeat.values() for headers in repeats.values() for h in headers
        )

    def over(self, headers: Iterable[str]) -> "Unpivot":
        """The same with the headers that a file has in the place of `like`."""
        if not self.like:
            return self
        found: dict[str, dict[str, tuple[str, ...]]] = {name: {} for name in self.like}
        for header in headers:
            for name, pattern in self.like.items():
                if match := re.fullmatch(pattern, header.strip(), re.IGNORECASE):
                    found[name][match[1]] = (header,)
        repeats = dict.fromkeys(repeat for by_repeat in found.values() for repeat in by_repeat)
        into: dict[str, dict[str, tuple[str, ...]] | tuple[str, ...]] = {
            name: {repeat: found[name].get(repeat, ()) for repeat in repeats} for name in self.like
        }
        return type(self).model_construct(name=self.name, optional=self.optional, into=into)


def _headers_of(
    repeat: tuple[tuple[str, str, tuple[str, ...]], ...], templates: tuple[str, ...]
) -> tuple[str, ...]:
    """The headers of one repeat: each template with each way to write each part."""
    ways = product(*([(name, way) for way in written] for name, _, written in repeat))
    filled = [_filled(template, dict(way)) for template, way in product(templates, ways)]
    return tuple(dict.fromkeys(filled))


def _filled(template: str, parts: dict[str, str]) -> str:
    for name, way in parts.items():
        template = template.replace(f"{{{name}}}", way)
    return template
