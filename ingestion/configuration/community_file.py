"""The fields of community.yml and agreements.yml."""

import datetime as dt
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from ingestion.yaml_file import Day, Identifier, Strict, Text

Sector = Literal[
    "k12",
    "postsecondary",
    "early_learning",
    "housing",
    "health",
    "workforce",
    "justice",
    "service",
    "government",
    "other",
]


Matching = Literal["exact", "propensity"]
Owner = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Level = Literal["community", "district", "school", "zip", "tract"]


SMALLEST_MINIMUM = 10  # groups of fewer children are never published, whatever a community says


class SchoolYears(Strict):
    """The school years, each named by the year it ends in, that a community takes deliveries for."""

    first: int = Field(ge=1900, le=2999)
    last: int = Field(ge=1900, le=2999)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.first > self.last:
            raise ValueError("first is after last")
        return self

    def __contains__(self, school_year: int) -> bool:
        return self.first <= school_year <= self.last


class Collection(Strict):
    maturity: Literal["interim", "preliminary", "final"]


class Partner(Strict):
    title: str
    sector: Sector
    district_id: Text | None = None


class Identity(Strict):
    """How much of linking a refresh puts up with before it stops, and what partners are told of it."""

    # of a delivery's children linked to another partner's, below the deliveries before
    largest_match_rate_drop: float = Field(default=0.2, ge=0, le=1)
    # of a delivery's children whose number was another child's before
    largest_reissued_share: float = Field(default=0.002, ge=0, le=1)
    # of a delivery's children by whose state id another partner tells of another child; from five of them on
    largest_contradicted_share: float = Field(default=0.002, ge=0, le=1)
    # feedback/<partner>/unmatched.csv; who is not on it is known to somebody else, which is telling
    unmatched_lists: bool = False
    # who lives with whom is worked out of addresses; an agreement may leave that out
    households_by_address: bool = True


class Bands(Strict):
    """A numerator, or what it leaves out, of at most max(smallest, share of the group) is shown as a band."""

    smallest: int = Field(default=4, ge=4, le=50)
    share: float = Field(default=0.05, ge=0.05, le=0.25)


class Rounding(Strict):
    """Groups under `under` children: the denominator to the nearest `to`, the rate as a range."""

    to: int = Field(default=10, ge=10, le=100)
    under: int = Field(ge=20, le=10_000)


class Disclosure(Strict):
    """What a community decides on how its numbers are protected (docs/disclosure.md)."""

    minimum_denominator: int = SMALLEST_MINIMUM
    bands: Bands | Literal[False] = Bands()
    # percentages: whole ones, and no count of children anywhere
    shows: Literal["counts", "percentages"] = "counts"
    round_denominators: Rounding | None = None
    # level -> disaggregate -> rare subgroups that are one there, `other_groups`
    fold: dict[Level, dict[Identifier, tuple[Identifier, ...]]] = Field(default_factory=dict)
    # disaggregate -> subgroups that are hidden only when nothing else will do
    protect_last: dict[Identifier, Literal["all"] | tuple[Identifier, ...]] = Field(default_factory=dict)
    # flag -> flags that every child has who has that one, as anyone knows
    implications: dict[Identifier, tuple[Identifier, ...]] = Field(default_factory=dict)
    # indicator -> school years that stay as they were published, whatever their data say now
    hold: dict[Identifier, tuple[int, ...]] = Field(default_factory=dict)

    @field_validator("minimum_denominator")
    @classmethod
    def _not_too_low(cls, minimum: int) -> int:
        if minimum < SMALLEST_MINIMUM:
            least = f"use {SMALLEST_MINIMUM} or more"
            raise ValueError(f"groups under {SMALLEST_MINIMUM} children are never published; {least}")
        return minimum


class PublicationLevel(Strict):
    """Disaggregates whose values may be published at one geography level; nothing unless it is named."""

    singles: Literal["all"] | tuple[Identifier, ...] = ()
    pairs: Literal["all"] | tuple[Identifier, ...] = ()


DEFAULT_PUBLICATION: dict[Level, PublicationLevel] = {"community": PublicationLevel(singles="all")}


NO_AGREEMENT_NO_LOAD = "Without a live agreement nothing is loaded"


class Agreement(Strict):
    """A data-sharing agreement; without a live one that covers an extract, nothing of it is loaded."""

    parties: tuple[str, ...] = Field(min_length=1)
    purpose: str
    extracts: Literal["all"] | tuple[str, ...] = "all"
    starts: Day
    expires: Day
    retention_years: int | None = Field(default=None, ge=0)

    def covers(self, *names: str | None) -> bool:
        """Whether an extract is covered, by one of its names: its id, or that of its layout's contract."""
        return self.extracts == "all" or not {*names}.isdisjoint(self.extracts)

    def is_live(self, on: dt.date) -> bool:
        return self.starts <= on <= self.expires

    def why_not_live(self, name: str, extract: str, on: dt.date) -> tuple[str, str]:
        """What to say of it on a day on which it is not live, and what to do."""
        which = f"the agreement '{name}', which covers {extract},"
        if on > self.expires:
            what = f"{which} expired on {self.expires}, its last day"
            return what, "Renew it (`expires` in agreements.yml), or name the agreement that follows it"
        what = f"{which} starts on {self.starts}"
        return what, "Wait until then, or correct `starts` in agreements.yml"


class AgreementsFile(Strict):
    agreements: dict[Identifier, Agreement]


class CommunityFile(Strict):
    """The fields of community.yml."""

    community: Identifier
    name: str
    school_years: SchoolYears
    collections: dict[Identifier, Collection]
    partners: dict[Identifier, Partner]
    disclosure: Disclosure = Disclosure()
    identity: Identity = Identity()
    publication: dict[Level, PublicationLevel] = DEFAULT_PUBLICATION
    indicators: Literal["all"] | tuple[Identifier, ...] = "all"
    # indicator -> the network, team or role that answers for it; published, so no place for what is private
    owners: dict[Identifier, Owner] = Field(default_factory=dict)
    # program as `partner:number` -> how children alike are found; exact where nothing is said
    program_matching: dict[Text, Matching] = Field(default_factory=dict)

    @field_validator("indicators")
    @classmethod
    def _at_least_one(cls, ids: Literal["all"] | tuple[str, ...]) -> Literal["all"] | tuple[str, ...]:
        if not ids:
            raise ValueError("an empty list would publish nothing; name indicators, or write all")
        return ids

    @model_validator(mode="after")
    def _annual_collection(self) -> Self:
        if "annual" not in self.collections:
            raise ValueError("collections must have 'annual'")
        return self
