"""The CSV files of a community's folder, each read and checked by what it holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from ingestion.configuration.community_file import CommunityFile
from ingestion.configuration.geography_changes import (
    GeographyChangeRow,
    check_geography_change_row,
    circles,
)
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
from ingestion.contracts.contract import Contract
from ingestion.errors import ContractError
from ingestion.yaml_file import near_miss

T = TypeVar("T")
Crosswalks = dict[str, tuple[CrosswalkRow, ...]]


def read_tables(folder: Path, parsed: CommunityFile, problems: list[ContractError]) -> dict[str, Any]:
    """Fields of a Community by name, each the rows of its file, if there is one; problems are added."""

    def table(name: str, read: Callable[[Path], tuple[T, ...]]) -> tuple[T, ...]:
        path = folder / f"{name}.csv"
        return (collected(read, path, problems) or ()) if path.exists() else ()

    neighborhoods = table("neighborhoods", _neighborhoods)
    named = sorted({row.neighborhood for row in neighborhoods})
    return {
        "crosswalks": _crosswalks(folder, parsed, problems),
        "cut_scores": table("cut_scores", lambda p: read_table(p, CutScoreRow, check_cut_score_row)),
        "neighborhoods": neighborhoods,
        "targets": table(
            "targets", lambda p: read_table(p, TargetRow, lambda row: check_target_row(row, named))
        ),
        "area_indicators": table(
            "area_indicators", lambda p: read_table(p, AreaIndicatorRow, check_area_indicator_row)
        ),
        "same_places": table("same_places", lambda p: _same_places(p, parsed)),
        "geography_changes": table("geography_changes", lambda p: _geography_changes(p, parsed)),
    }


def with_codes_of_contracts(
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


def collected(read: Callable[[Path], T], path: Path, problems: list[ContractError]) -> T | None:
    """What `read` gives, or None with its problems added, so that one report tells of every file."""
    try:
        return read(path)
    except ContractError as error:
        problems += [problem for problem in error.singles() if isinstance(problem, ContractError)]
        return None


def _crosswalks(folder: Path, parsed: CommunityFile, problems: list[ContractError]) -> Crosswalks:
    crosswalks: Crosswalks = {}
    for path in sorted((folder / "crosswalks").glob("*.csv")):
        if path.stem not in parsed.partners:
            step = near_miss(path.stem, parsed.partners)
            what = f"a crosswalk of the unknown partner '{path.stem}'"
            problems.append(ContractError(what, where=str(path), next_step=step))
        rows = collected(lambda p: read_table(p, CrosswalkRow, check_crosswalk_row), path, problems)
        crosswalks[path.stem] = rows or ()
    return crosswalks


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
