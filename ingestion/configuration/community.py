"""Communities: a folder of configuration per partnership, read and checked as a whole."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pydantic import Field

from ingestion.configuration.community_checks import neighborhood_problems, problems_of_file
from ingestion.configuration.community_file import (
    Agreement,
    AgreementsFile,
    CommunityFile,
    Partner,
    PublicationLevel,
)
from ingestion.configuration.community_tables import (
    Crosswalks,
    collected,
    read_tables,
    with_codes_of_contracts,
)
from ingestion.configuration.disaggregates import DISAGGREGATES, PAIRS, TOLD_BY
from ingestion.configuration.geography_changes import GeographyChangeRow
from ingestion.configuration.neighborhoods import NeighborhoodRow
from ingestion.configuration.same_places import SamePlaceRow
from ingestion.configuration.tables import AreaIndicatorRow, CutScoreRow, TargetRow
from ingestion.contracts.contract import Contract, match_file
from ingestion.contracts.layout_contracts import load_contracts
from ingestion.errors import ContractError
from ingestion.yaml_file import near_miss, read_yaml, validate


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
        if (community := collected(lambda folder: load_community(folder, aside), place, problems))
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
    problems += problems_of_file(parsed, source)
    fields = {name: getattr(parsed, name) for name in CommunityFile.model_fields}
    community = Community.model_construct(**fields, folder=folder, agreements=_agreements(folder, problems))
    contracts: dict[str, Contract] = {}
    for path in sorted((folder / "extracts").glob("*.y*ml")):
        of_contracts = problems if aside is None else aside
        found = collected(lambda p: load_contracts(p, community), path, of_contracts)
        contracts |= {contract.extract_id: contract for contract in found or ()}
    tables = read_tables(folder, parsed, problems)
    tables["crosswalks"] = with_codes_of_contracts(tables["crosswalks"], contracts, problems)
    community = community.model_copy(update={"contracts": contracts, **tables})
    problems += neighborhood_problems(community, source)
    if problems:
        raise ContractError.of(problems)
    return community


def _agreements(folder: Path, problems: list[ContractError]) -> dict[str, Agreement]:
    source = collected(read_yaml, folder / "agreements.yml", problems)
    if source is None:
        return {}
    parsed, found, _ = validate(source, AgreementsFile)
    problems += found
    return dict(parsed.agreements) if parsed else {}
