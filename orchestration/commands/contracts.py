"""What partners agreed to send: `contracts` lists it, `draft` begins a new one, `layouts` is what ships."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ingestion.wording import counted
from orchestration.commands.partners import refuse_unknown_partner
from orchestration.console import UsageError, err, print_json, print_table

if TYPE_CHECKING:
    from ingestion.contracts.layout import Layout


def register(app: typer.Typer) -> None:
    app.command()(contracts)
    app.command()(draft)
    app.command()(layouts)


def contracts(
    partner: str = typer.Option("", help="Only this partner's."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """List every contract: who sends what, in which file, when it is due.

    Example: milepost contracts --partner river_city_schools
    """
    from orchestration.settings import load_configuration, prepare_environment

    prepare_environment()
    communities = load_configuration()
    refuse_unknown_partner(partner, communities.partners)
    found = [
        contract for _, contract in sorted(communities.contracts.items()) if partner in ("", contract.partner)
    ]
    if as_json:
        print_json(
            [
                {
                    "extract": contract.extract_id,
                    "community": contract.community,
                    "partner": contract.partner,
                    "entity": contract.entity,
                    "title": contract.title,
                    "files": list(contract.patterns),
                    "expects": contract.expects,
                    "agreement": contract.agreement,
                    "path": contract.path,
                }
                for contract in found
            ]
        )
        return
    # the tables of a layout's delivery come in one file, and fall due together: the first speaks for all
    lines = {contract.bundle or contract.extract_id: contract for contract in reversed(found)}
    rows = [
        (name, "\n".join(c.patterns), ", ".join(f"{part} {day}" for part, day in c.expects.items()))
        for name, c in reversed(lines.items())
    ]
    print_table(counted(len(rows), "contract"), ["extract", "file", "due (month-day)"], rows)


def layouts(
    name: str = typer.Argument("", help="One layout, to see what it holds."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """List the layouts that ship: standards and products whose contract is three lines.

    Example: milepost layouts

    Example: milepost layouts oneroster_csv_1_2
    """
    from ingestion.contracts.layout import layout_files, load_layout
    from ingestion.readers.unpacking import in_words
    from ingestion.yaml_file import near_miss

    if name and name not in layout_files():
        raise UsageError(f"no layout is called '{name}'", next_step=near_miss(name, layout_files()))
    shown = [load_layout(one) for one in ([name] if name else layout_files())]
    if as_json:
        print_json([layout.model_dump(mode="json", exclude_defaults=True) for layout in shown])
    elif name:
        rows = [
            (extract.name, in_words(extract.member or "the file itself"), "yes" if extract.required else "")
            for extract in shown[0].extracts
        ]
        title = f"{shown[0].title}, in files called {', '.join(shown[0].files)}"
        print_table(title, ["becomes", "from", "required"], rows)
        if not shown[0].is_archive:
            print_table("Any one of a row's headers will do", ["column", "headers"], _headers(shown[0]))
        err.print(f"Contract: partner: ..., layout: {name}, agreement: ...", markup=False)
    else:
        listed = [(layout.layout, layout.title, ", ".join(layout.files)) for layout in shown]
        print_table(counted(len(shown), "layout"), ["layout", "what it is", "files"], listed)


def _headers(layout: Layout) -> list[tuple[str, str]]:
    """Canonical column -> the headers it is read from, as the layout calls them."""
    from ingestion.contracts.contract import sql_headers

    told = {
        f"{extract.name}.{name}": ", ".join(column.headers or sql_headers(column.sql or "null"))
        for extract in layout.extracts
        for name, column in extract.columns.items()
    }
    return [(column, headers) for column, headers in told.items() if headers]


def draft(
    file: Path = typer.Argument(help="A file of the partner's."),
    partner: str = typer.Option(..., help="As in community.yml."),
    entity: str = typer.Option(..., help="The canonical entity, such as attendance."),
    has_headers: bool = typer.Option(
        False, "--has-headers", help="You have looked: the first row is no child's record."
    ),
    out: Path | None = typer.Option(
        None, "--out", help="The contract to write, as a whole or not at all; else it is printed."
    ),
    force: bool = typer.Option(False, "--force", help="Replace the contract to write, if it is there."),
) -> None:
    """Draft a first contract from a file's headers, for a person to finish; no value gets into it.

    What is unusual about the file is told, and stands in the draft's first lines.

    Example: milepost draft roster.csv --partner lakeside_schools --entity person

    Example: milepost draft roster.csv --partner lakeside_schools --entity person
    --out communities/lakeside/extracts/lakeside_schools__person.yml
    """
    from ingestion.drafting.scaffold import draft_contract

    if out:
        _refuse_place(out, force)
    agreement, lacking = _agreement_of(partner)
    drafted = draft_contract(file, partner, entity, agreement=agreement, has_headers=has_headers)
    if out:
        _write_whole(out, drafted.text)
        to_do = 'Go through it, and put a header, or an `sql:` over headers, in the place of every "?"'
        err.print(f"Drafted: {out}. {to_do}.", markup=False)
    else:
        typer.echo(drafted.text, nl=False)
    for sentence in (*drafted.noticed, *lacking):
        err.print(f"Noticed: {sentence}", markup=False, soft_wrap=True)


def _refuse_place(out: Path, force: bool) -> None:
    if out.is_dir() or not out.parent.is_dir():
        raise UsageError(
            "This is a folder" if out.is_dir() else "The folder is not there",
            where=str(out if out.is_dir() else out.parent),
            next_step="Name a file in the `extracts` folder of a community",
        )
    if out.exists() and not force:
        raise UsageError(
            "The contract to write is there already",
            where=str(out),
            next_step="Name another file, or use --force",
        )


def _write_whole(path: Path, text: str) -> None:
    """An empty contract, or half of one, would stop every load."""
    # its ending is none of a contract's
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _agreement_of(partner: str) -> tuple[str, list[str]]:
    """The first agreement the partner is a party of, and what the configuration still lacks for a load.

    While there is none, it is the one `init` writes.
    """
    from ingestion.drafting.scaffold import FIRST_AGREEMENT
    from ingestion.errors import ContractError
    from ingestion.yaml_file import near_miss
    from orchestration.settings import sound_configuration

    try:
        communities, _ = sound_configuration()
    except ContractError:  # a draft is wanted all the more where the configuration is not finished
        return FIRST_AGREEMENT, []
    if partner not in communities.partners:
        what = f"The partner '{partner}' is not in community.yml; a new one is added there and to"
        return FIRST_AGREEMENT, [f"{what} agreements.yml. {near_miss(partner, communities.partners)}"]
    signed = [
        name
        for community in communities
        for name, agreement in community.agreements.items()
        if partner in agreement.parties
    ]
    if signed:
        return signed[0], []
    return FIRST_AGREEMENT, [
        f"'{partner}' is a party of no agreement in agreements.yml; nothing loads before."
    ]
