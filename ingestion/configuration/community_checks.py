"""What is wrong between a community's files: names nothing has, what must not be published together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ingestion.configuration.community_file import CommunityFile
from ingestion.configuration.disaggregates import DISAGGREGATES, PAIRS, parts_of
from ingestion.configuration.indicators import indicator_ids
from ingestion.configuration.protection import missing_folds, protection_problems
from ingestion.errors import ContractError
from ingestion.yaml_file import Location, YamlFile, near_miss

if TYPE_CHECKING:
    from ingestion.configuration.community import Community


def problems_of_file(parsed: CommunityFile, source: YamlFile) -> Iterator[ContractError]:
    """What is wrong in community.yml beside its form."""
    yield from _publication_problems(parsed, source)
    yield from _indicator_problems(parsed, source)
    yield from _program_problems(parsed, source)
    yield from protection_problems(parsed, source)
    yield from missing_folds(parsed, source)


def _publication_problems(parsed: CommunityFile, source: YamlFile) -> Iterator[ContractError]:
    for geography, level in parsed.publication.items():
        for part, named, known in (("singles", level.singles, DISAGGREGATES), ("pairs", level.pairs, PAIRS)):
            for name in () if named == "all" else named:
                if name not in known:
                    place = ("publication", geography, part)
                    yield source.problem(place, f"unknown disaggregate '{name}'", near_miss(name, known))
    yield from _missing_totals(parsed, source)


def _missing_totals(parsed: CommunityFile, source: YamlFile) -> Iterator[ContractError]:
    """What two parts of the plan add up to must be in it: else the one tells what the other hides.

    Of schools and of ZIP codes by race the sums are the same; so are those of two pairs over what they share.
    """
    plan = {
        geography: (
            set(DISAGGREGATES if level.singles == "all" else level.singles) & set(DISAGGREGATES),
            set(PAIRS if level.pairs == "all" else level.pairs) & set(PAIRS),
        )
        for geography, level in parsed.publication.items()
    }
    for geography, (singles, pairs) in plan.items():
        for single in sorted({part for pair in pairs for part in parts_of(pair)} - singles):
            if sum(single in parts_of(pair) for pair in pairs) > 1:
                what = f"several pairs with '{single}' are published without '{single}' itself"
                step = f"Add '{single}' to the singles, or leave one pair with it"
                yield source.problem(("publication", geography, "pairs"), what, step)
    for part, title in enumerate(("singles", "pairs")):
        of_all = plan["community"][part] if "community" in plan else set[str]()
        seen: dict[str, str] = {}
        for geography in (name for name in plan if name != "community"):
            branch = "school" if geography == "district" else geography
            for name in sorted(plan[geography][part] - of_all):
                if seen.setdefault(name, branch) != branch:
                    what = f"'{name}' is published of {seen[name]}s and {geography}s, not of the community"
                    step = f"Add '{name}' to the {title} of the community, or take it out of one level"
                    yield source.problem(("publication", geography, title), what, step)


def neighborhood_problems(community: Community, source: YamlFile) -> Iterator[ContractError]:
    """Neighborhoods that no file tells of, of former codes, or published beside what they are made of."""
    former = {row.former: row.geography_id for row in community.geography_changes}
    now = {row.later for row in community.geography_changes}
    for row in community.neighborhoods:
        place = (row.geography_level, row.geography_id)
        if (later := former.get(place)) and place not in now:
            yield ContractError(
                f"the {row.geography_level} {row.geography_id} is a former code, so no home is in it",
                where=str(community.folder / "neighborhoods.csv"),
                next_step=f"Write {later}, as geography_changes.csv says",
            )
    plan = community.publication
    publishing = [
        geography for geography, level in plan.items() if "neighborhood" in community.published_at(level)
    ]
    if not (community.folder / "neighborhoods.csv").exists():
        for geography in publishing:
            what = "no file tells of neighborhoods"
            step = "Write neighborhoods.csv, or take 'neighborhood' out"
            yield source.problem(("publication", geography, "singles"), what, step)
        return
    for geography in ("zip", "tract") if publishing else ():
        if geography in plan:
            what = f"the level '{geography}' is published beside neighborhoods; their difference tells of few"
            step = f"Take '{geography}' out, or 'neighborhood' out of the singles of {', '.join(publishing)}"
            yield source.problem(("publication", geography), what, step)


def _indicator_problems(parsed: CommunityFile, source: YamlFile) -> Iterator[ContractError]:
    known = indicator_ids()
    selected = enumerate(() if parsed.indicators == "all" else parsed.indicators)
    named: list[tuple[Location, str]] = [(("indicators", place), name) for place, name in selected]
    named += [(("owners", name), name) for name in parsed.owners]
    named += [(("disclosure", "hold", name), name) for name in parsed.disclosure.hold]
    for location, name in named:
        if name not in known:
            what = f"no indicator is called '{name}'"
            yield source.problem(location, what, near_miss(name, known))


def _program_problems(parsed: CommunityFile, source: YamlFile) -> Iterator[ContractError]:
    for program in parsed.program_matching:
        partner, colon, number = program.partition(":")
        location = ("program_matching", program)
        if not (colon and number and number == number.strip()):
            what = f"a program is written as partner:number, '{program}' has another form"
            yield source.problem(location, what, "Use the program_id of program_results")
        elif partner not in parsed.partners:
            what = f"no partner is called '{partner}'"
            yield source.problem(location, what, near_miss(partner, parsed.partners))
