"""A deployment's first day: `init` makes its folders."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import typer

from orchestration.console import UsageError, err

FIRST_MONTH = 7  # of a school year
YEARS_AGREED = 5  # in the sample of `init`


def register(app: typer.Typer) -> None:
    app.command()(init)


COMMUNITY = """\
# Who shares data here, for which school years, and what may be published.
community: {community}
name: {name}
# By the year a school year ends in. Files of other years are refused, and those of each year from the first
# on are awaited. `first` is the year we are in: begin earlier where there are older files to load, such as
# `first: {earlier}`.
school_years: {{first: {first_year}, last: {last_year}}}
collections:
  annual: {{maturity: final}}
  fall: {{maturity: interim}}
partners:
  {partner}: {{title: {title}, sector: k12, district_id: "1"}}
disclosure: {{minimum_denominator: 10}}
# Each number that is hidden hides others beside it, so more pairs show less of each. Begin with few, and add
# one where `milepost refresh` tells that little is hidden.
publication:
  community: {{singles: all, pairs: [race_ethnicity_x_gender]}}
  district: {{singles: all}}
  school: {{singles: [race_ethnicity, gender, economic_disadvantage]}}
indicators: all
"""
CONTRACT = """\
# One file per extract. `from` lists every header the partner has ever used for a column.
partner: {partner}
entity: attendance
title: Attendance totals, one row per student, school and year
agreement: {agreement}
expects: {{annual: 08-15}}
file: "attendance_{{school_year}}*.csv"
columns:
  student_id: {{from: [StudentID]}}
  school_id: {{from: [SchoolCode]}}
  days_enrolled: {{from: [DaysEnrolled]}}
  days_absent: {{from: [DaysAbsent]}}
"""
AGREEMENTS = """\
# No live agreement, no load.
agreements:
  {agreement}:
    parties: [{partner}]
    purpose: Follow children's progress together
    extracts: all
    starts: {starts}
    expires: {expires}
    retention_years: 7    # from the day a file is received; `milepost purge --due` tells what is past it
"""
CROSSWALK = "field,partner_code,conformed_code,first_year,last_year\ngender,M,male,,\ngender,F,female,,\n"
ENVIRONMENT = """\
# source this file, or set the same two variables in your service
export MILEPOST_COMMUNITIES="{communities}"
export MILEPOST_HOME="{home}"
"""


def init(
    folder: Path = typer.Argument(help="A new or empty folder for configuration and data."),
    community: str = typer.Option("my_community", help="Identifier of the community: lower case, a-z 0-9 _."),
    partner: str = typer.Option("first_district", help="Identifier of the first partner."),
) -> None:
    """Make a deployment of your own outside this project: a community to edit, and a place for its data.

    Example: milepost init ~/partnership --community lakeside
    """
    from ingestion.drafting.scaffold import FIRST_AGREEMENT

    folder = folder.absolute()
    if folder.exists() and any(folder.iterdir()):
        raise UsageError("The folder is not empty", where=str(folder), next_step="Name a new one")
    place = folder / "communities" / community
    names = {
        "community": community,
        "name": _title(community),
        "partner": partner,
        "title": _title(partner),
        "agreement": FIRST_AGREEMENT,
        **_years(dt.date.today()),
    }
    files = {
        place / "community.yml": COMMUNITY.format(**names),
        place / "agreements.yml": AGREEMENTS.format(**names),
        place / "extracts" / f"{partner}__attendance.yml": CONTRACT.format(**names),
        place / "crosswalks" / f"{partner}.csv": CROSSWALK,
        folder / "milepost.env": ENVIRONMENT.format(communities=place.parent, home=folder / "data"),
    }
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    _check_made(folder, place.parent)
    # commands and paths to copy stay in one piece
    err.print(f"[green]Made[/] {folder}", soft_wrap=True)
    err.print(f"  1. source {folder / 'milepost.env'}", soft_wrap=True)
    err.print(f"  2. edit {place}: partners, then a contract per extract", soft_wrap=True)
    commands = "milepost contracts; milepost check FILE; milepost load FILE; milepost refresh"
    err.print(f"  3. {commands}", soft_wrap=True)


def _years(today: dt.date) -> dict[str, object]:
    """The sample's school years and agreement, from the school year of `today` on: years before it would be
    awaited, and late, on the first day."""
    first = today.year + (today.month >= FIRST_MONTH)
    last = first + YEARS_AGREED - 1
    return {
        "first_year": first,
        "last_year": last,
        "earlier": first - 3,
        "starts": dt.date(first - 1, FIRST_MONTH, 1),
        "expires": dt.date(last, FIRST_MONTH, 1) - dt.timedelta(days=1),
    }


def _title(identifier: str) -> str:
    return identifier.replace("_", " ").title()


def _check_made(folder: Path, communities: Path) -> None:
    """An identifier that does not do is told before anybody edits a file; nothing is left behind."""
    from ingestion.configuration.community import load_communities
    from ingestion.errors import ContractError

    try:
        load_communities(communities)
    except ContractError:
        shutil.rmtree(folder)
        raise
