"""What a community says of the protection of its numbers, as rows; and what anyone knows of disaggregates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ingestion.configuration.community_file import CommunityFile, Disclosure, Level
from ingestion.configuration.disaggregates import DISAGGREGATES, PAIRS, subgroups_of
from ingestion.errors import ContractError
from ingestion.yaml_file import Location, YamlFile, near_miss

if TYPE_CHECKING:
    from collections.abc import Iterable

FOLDED = "other_groups"
# a level above another: what it folds, the other folds too, or the two could not be added up
ABOVE: dict[Level, tuple[Level, ...]] = {
    "district": ("community",),
    "school": ("community", "district"),
    "zip": ("community",),
    "tract": ("community",),
}
# a child with the first flag has the second, by definition or by law; where data say otherwise it binds
# nothing
IMPLIED_FLAGS = (
    ("homelessness", "homelessness_any_source"),
    ("homelessness", "economic_disadvantage"),
    ("foster_care", "economic_disadvantage"),
    ("migrant", "economic_disadvantage"),
)


def implications_of(rules: Disclosure) -> Iterator[tuple[str, str, str, str]]:
    """(disaggregate, subgroup, disaggregate, subgroup): who is in the first is in the second."""
    told = [(narrow, wide) for narrow, wides in rules.implications.items() for wide in wides]
    for narrow, wide in dict.fromkeys([*IMPLIED_FLAGS, *told]):
        yield narrow, "yes", wide, "yes"
    # two rules over the same reported races
    for race in subgroups_of("race_ethnicity"):
        if race == "two_or_more_races":
            yield "race_ethnicity", race, "race_spd15", race
            continue
        yield "race_spd15", race, "race_ethnicity", race
        yield "race_spd15", race, f"{race}_in_combination", "yes"


def fold_rows(rules: Disclosure) -> Iterator[tuple[str, str, str, str]]:
    """(level, disaggregate, subgroup, what it is folded into)."""
    for level, folds in rules.fold.items():
        for disaggregate, subgroups in folds.items():
            yield from ((level, disaggregate, subgroup, FOLDED) for subgroup in subgroups)


def protected_last_rows(rules: Disclosure) -> Iterator[tuple[str, str]]:
    """(disaggregate, subgroup or `all`)."""
    for disaggregate, subgroups in rules.protect_last.items():
        for subgroup in ("all",) if subgroups == "all" else subgroups:
            yield disaggregate, subgroup


def hold_rows(rules: Disclosure) -> Iterator[tuple[str, int]]:
    """(indicator, school year) that stay as they were published."""
    for indicator, years in rules.hold.items():
        yield from ((indicator, year) for year in years)


def protection_problems(parsed: CommunityFile, source: YamlFile) -> Iterator[ContractError]:
    """Names nothing has, and groups folded so that levels would not add up."""
    rules = parsed.disclosure
    for level, folds in rules.fold.items():
        for disaggregate, subgroups in folds.items():
            place: Location = ("disclosure", "fold", level, disaggregate)
            yield from _unknown(source, place, disaggregate, subgroups)
            yield from _fold_problems(parsed, source, level, disaggregate)
    for disaggregate, named in rules.protect_last.items():
        place = ("disclosure", "protect_last", disaggregate)
        yield from _unknown(source, place, disaggregate, () if named == "all" else named)
    for narrow, wides in rules.implications.items():
        for flag in (narrow, *wides):
            yield from _unknown(source, ("disclosure", "implications", narrow), flag, ("yes",))


def _unknown(
    source: YamlFile, place: Location, disaggregate: str, subgroups: Iterable[str]
) -> Iterator[ContractError]:
    if disaggregate not in DISAGGREGATES:
        what = f"unknown disaggregate '{disaggregate}'"
        yield source.problem(place, what, near_miss(disaggregate, DISAGGREGATES))
        return
    known = subgroups_of(disaggregate)
    for subgroup in subgroups:
        if known and subgroup not in known:
            what = f"'{disaggregate}' has no subgroup '{subgroup}'"
            yield source.problem(place, what, near_miss(subgroup, known))


def _fold_problems(
    parsed: CommunityFile, source: YamlFile, level: Level, disaggregate: str
) -> Iterator[ContractError]:
    folds = parsed.disclosure.fold
    place = ("disclosure", "fold", level, disaggregate)
    if len(set(folds[level][disaggregate])) < 2:
        what = "one subgroup folded alone is as small as before"
        yield source.problem(place, what, "Name two or more")
    plan = parsed.publication.get(level)
    named = () if plan is None else PAIRS if plan.pairs == "all" else plan.pairs
    if pairs := [pair for pair in named if disaggregate in pair.split("_x_")]:
        what = f"'{disaggregate}' is folded and published in pairs, such as '{pairs[0]}'"
        yield source.problem(place, what, "Take the pairs of this level out, or the fold")
    for above in ABOVE.get(level, ()):
        if extra := set(folds.get(above, {}).get(disaggregate, ())) - set(folds[level][disaggregate]):
            what = f"'{sorted(extra)[0]}' is folded at the level '{above}' and not here"
            yield source.problem(place, what, "What a level folds, the levels below it fold too")


def missing_folds(parsed: CommunityFile, source: YamlFile) -> Iterator[ContractError]:
    """Levels that publish a disaggregate whole which a level above them folds."""
    folds = parsed.disclosure.fold
    for level, aboves in ABOVE.items():
        plan = parsed.publication.get(level)
        for above in aboves if plan is not None else ():
            for disaggregate in folds.get(above, {}):
                published = plan is not None and (plan.singles == "all" or disaggregate in plan.singles)
                if published and disaggregate not in folds.get(level, {}):
                    what = f"'{disaggregate}' is folded at the level '{above}' and published whole below it"
                    step = f"Fold it at the level '{level}' too, or take it out of its singles"
                    yield source.problem(("publication", level), what, step)
