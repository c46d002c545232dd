"""Communities: a folder of configuration per partnership, read and checked as a whole."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from pydantic import Field

from ingestion.configuration.community_file import (
    Agreement,
    AgreementsFile,
    CommunityFile,
    Partner,
    PublicationLevel,
)
from ingestion.configuration.disaggregates import DISAGGREGATES, PAIRS, TOLD_BY
from ingestion.configuration.geography_changes import (
    GeographyChangeRow,
    check_geography_change_row,
    circles,
)
from ingestion.configuration.indicators import indicator_ids
from ingestion.configuration.neighborhoods import NeighborhoodRow, check_neighborhood_row, spellings
from ingestion.configuration.same_places import SamePlaceRow, check_same_place_row, contradictions
from ingestion.configuration.tables import (
    AreaIndicatorRow,
    CrosswalkRow,
    CutScoreRow,
    TargetRow,
    check_area_indicator_row,
    check_crosswalk_row,
    check_cut_score_row,
    check_target_row,
    in_other_years,
    read_table,
)
from ingestion.contracts.contract import Contract, match_file
from ingestion.contracts.layout_contracts import load_contracts
from ingestion.errors import ContractError
from ingestion.yaml_file import Location, YamlFile, near_miss, read_yaml, validate

T = TypeVar("T")
Crosswalks = dict[str, tuple[CrosswalkRow, ...]]


class Community(CommunityFile):
    """A community with everything its folder says: contracts, agreements, crosswalks, cut scores, targets."""

    folder: Path
    agreements: dict[str, Agreement] = Field(default_factory=dict)
    contracts: dict[str, Contract] = Field(default_factory=dict)
    crosswalks: Crosswalks = Field(default_factory=dict)
    cut_scores: tuple[CutScoreRow, ...] = ()
    targets: tuple[TargetRow, ...] = ()
    same_places: tuple[SamePlaceRow, ...] = ()
    area_indicators: tuple[AreaIndicatorRow, ...] = ()
    geography_changes: tuple[GeographyChangeRow, ...] = ()
    neighborhoods: tuple[NeighborhoodRow, ...] = ()

    def published_at(self, level: PublicationLevel) -> list[str]:
        """What a level of the publication plan may publish: the total, singles, pairs as `a_x_b`."""
        known = [name for name in DISAGGREGATES if name not in TOLD_BY or getattr(self, TOLD_BY[name])]
        singles = known if level.singles == "all" else level.singles
        return ["all", *singles, *(PAIRS if level.pairs == "all" else level.pairs)]

    def contracts_for(self, file_name: str) -> list[Contract]:
        """Every contract whose pattern fits a file's name or path below the inbox; there may be several."""
        return [contract for contract in self.contracts.values() if match_file(contract, file_name)]


@dataclass(frozen=True)
class Communities:
    """Every community of a deployment; partners, and so extracts, are unique over all of them."""

    folder: Path
    communities: dict[str, Community]

    @cached_property
    def contracts(self) -> dict[str, Contract]:
        """extract_id -> contract, over all communities."""
        return {extract: c for community in self for extract, c in community.contracts.items()}

    @property
    def partners(self) -> dict[str, Partner]:
        return {partner: p for community in self for partner, p in community.partners.items()}

    def __iter__(self) -> Iterator[Community]:
        return iter(self.communities.values())

    def community_of(self, extract_id: str) -> Community:
        """The community an extract belongs to; ContractError with the nearest name for an unknown extract."""
        for community in self:
            if extract_id in community.contracts:
                return community
        raise ContractError(
            f"unknown extract '{extract_id}'", next_step=near_miss(extract_id, self.contracts)
        )

    def contracts_for(self, file_name: str) -> list[Contract]:
        return [contract for community in self for contract in community.contracts_for(file_name)]


def communities_folder() -> Path:
    """The folder named by MILEPOST_COMMUNITIES, else `communities` beside the packages."""
    configured = os.environ.get("MILEPOST_COMMUNITIES")
    return Path(configured).absolute() if configured else Path(__file__).parents[2] / "communities"


def load_communities(folder: Path, aside: list[ContractError] | None = None) -> Communities:
    """Read every community below `folder`; a ContractError reports all problems of all files at once.

    With `aside`, contracts that are wrong are left out, and their problems put there instead of raised.
    """
    places = sorted(path.parent for path in folder.glob("*/community.yml"))
    if not places:
        raise ContractError(
            "no community is configured",
            where=str(folder),
            next_step="Point MILEPOST_COMMUNITIES at a folder of community folders, or run milepost init",
        )
    problems: list[ContractError] = []
    loaded = [
        community
        for place in places
        if (community := _try(lambda folder: load_community(folder, aside), place, problems))
    ]
    owner: dict[str, str] = {}
    for community in loaded:
        for partner in community.partners:
            if owner.setdefault(partner, community.community) != community.community:
                what = f"the partner '{partner}' is in the community '{owner[partner]}' too"
                where = str(community.folder / "community.yml")
                problems.append(ContractError(what, where=where, next_step="Give partners distinct names"))
    if problems:
        raise ContractError.of(problems)
    return Communities(folder, {community.community: community for community in loaded})


def load_community(folder: Path, aside: list[ContractError] | None = None) -> Community:
    """Read and check one community's folder; a ContractError reports all problems of all its files.

    Those of its contracts go to `aside` where that is given, and these contracts are left out.
    """
    source = read_yaml(folder / "community.yml")
    parsed, problems, _ = validate(source, CommunityFile)
    if parsed is not None and parsed.community != folder.name:
        problems.append(
            source.problem(
                ("community",), f"the folder of '{parsed.community}' is not named after it", "Rename one"
            )
        )
    if parsed is None:
        raise ContractError.of(problems)
    problems += [*_publication_problems(parsed, source), *_indicator_problems(parsed, source)]
    problems += _program_problems(parsed, source)
    fields = {name: getattr(parsed, name) for name in CommunityFile.model_fields}
    community = Community.model_construct(**fields, folder=folder, agreements=_agreements(folder, problems))
    contracts: dict[str, Contract] = {}
    for path in sorted((folder / "extracts").glob("*.y*ml")):
        of_contracts = problems if aside is None else aside
        found = _try(lambda p: load_contracts(p, community), path, of_contracts)
        contracts |= {contract.extract_id: contract for contract in found or ()}
    tables = _tables(folder, parsed, problems)
    tables["crosswalks"] = _with_codes_of_contracts(tables["crosswalks"], contracts, problems)
    community = community.model_copy(update={"contracts": contracts, **tables})
    problems += _neighborhood_problems(community, source)
    if problems:
        raise ContractError.of(problems)
    return community


def _publication_problems(parsed: CommunityFile, source: YamlFile) -> Iterator[ContractError]:
    for geography, level in parsed.publication.items():
        for part, named, known in (("singles", level.singles, DISAGGREGATES), ("pairs", level.pairs, PAIRS)):
            for name in () if named == "all" else named:
                if name not in known:
                    place = ("publication", geography, part)
                    yield source.problem(place, f"unknown disaggregate '{name}'", near_miss(name, known))


def _neighborhood_problems(community: Community, source: YamlFile) -> Iterator[ContractError]:
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


def _agreements(folder: Path, problems: list[ContractError]) -> dict[str, Agreement]:
    source = _try(read_yaml, folder / "agreements.yml", problems)
    if source is None:
        return {}
    parsed, found, _ = validate(source, AgreementsFile)
    problems += found
    return dict(parsed.agreements) if parsed else {}


def _with_codes_of_contracts(
    crosswalks: Crosswalks, contracts: dict[str, Contract], problems: list[ContractError]
) -> Crosswalks:
    """The partners' crosswalks with the `codes` of their contracts, which hold in all school years.

    One code must not mean two things; where a crosswalk says the same of some years, the others are added.
    """
    complete = dict(crosswalks)
    for contract in contracts.values():
        # a layout's codes are its own: two products a partner uses may call two things level 1
        for field, column in contract.columns.items() if contract.bundle is None else ():
            for partner_code, conformed_code in column.codes.items():
                row = CrosswalkRow(field=field, partner_code=partner_code, conformed_code=conformed_code)
                rows = complete.get(contract.partner, ())
                same = [other for other in rows if other.identity() == row.identity()]
                if any(other.conformed_code != conformed_code for other in same):
                    what = f"'{partner_code}' of '{field}' has another meaning in the partner's crosswalk"
                    step = "Keep it in one place"
                    problems.append(ContractError(what, where=f"{contract.path}:1", next_step=step))
                else:
                    complete[contract.partner] = (*rows, *in_other_years(row, same))
    return complete


def _tables(folder: Path, parsed: CommunityFile, problems: list[ContractError]) -> dict[str, Any]:
    crosswalks: Crosswalks = {}
    for path in sorted((folder / "crosswalks").glob("*.csv")):
        if path.stem not in parsed.partners:
            step = near_miss(path.stem, parsed.partners)
            problems.append(
                ContractError(
                    f"a crosswalk of the unknown partner '{path.stem}'", where=str(path), next_step=step
                )
            )
        rows = _try(lambda p: read_table(p, CrosswalkRow, check_crosswalk_row), path, problems)
        crosswalks[path.stem] = rows or ()
    found: dict[str, Any] = {"crosswalks": crosswalks}
    if (folder / "cut_scores.csv").exists():
        rows_of_scores = _try(
            lambda p: read_table(p, CutScoreRow, check_cut_score_row), folder / "cut_scores.csv", problems
        )
        found["cut_scores"] = rows_of_scores or ()
    if (path := folder / "neighborhoods.csv").exists():
        found["neighborhoods"] = _try(_neighborhoods, path, problems) or ()
    named = sorted({row.neighborhood for row in found.get("neighborhoods", ())})
    if (folder / "targets.csv").exists():
        rows_of_targets = _try(
            lambda p: read_table(p, TargetRow, lambda row: check_target_row(row, named)),
            folder / "targets.csv",
            problems,
        )
        found["targets"] = rows_of_targets or ()
    if (path := folder / "area_indicators.csv").exists():
        rows_of_areas = _try(
            lambda p: read_table(p, AreaIndicatorRow, check_area_indicator_row), path, problems
        )
        found["area_indicators"] = rows_of_areas or ()
    if (path := folder / "same_places.csv").exists():
        found["same_places"] = _try(lambda p: _same_places(p, parsed), path, problems) or ()
    if (path := folder / "geography_changes.csv").exists():
        found["geography_changes"] = _try(lambda p: _geography_changes(p, parsed), path, problems) or ()
    return found


def _same_places(path: Path, parsed: CommunityFile) -> tuple[SamePlaceRow, ...]:
    rows = read_table(path, SamePlaceRow, lambda row: check_same_place_row(row, parsed.partners))
    if problems := contradictions(path, rows):
        raise ContractError.of(problems)
    return rows


def _neighborhoods(path: Path) -> tuple[NeighborhoodRow, ...]:
    rows = read_table(path, NeighborhoodRow, check_neighborhood_row)
    if problems := spellings(path, rows):
        raise ContractError.of(problems)
    return rows


def _geography_changes(path: Path, parsed: CommunityFile) -> tuple[GeographyChangeRow, ...]:
    rows = read_table(path, GeographyChangeRow, lambda row: check_geography_change_row(row, parsed.partners))
    if problems := circles(path, rows):
        raise ContractError.of(problems)
    return rows


def _try(read: Callable[[Path], T], path: Path, problems: list[ContractError]) -> T | None:
    """What `read` gives, or None with its problems added, so that one report tells of every file."""
    try:
        return read(path)
    except ContractError as error:
        problems += [problem for problem in error.singles() if isinstance(problem, ContractError)]
        return None
