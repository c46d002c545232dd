"""What partners agreed to send: `contracts` lists it, `draft` begins a new one."""

from __future__ import annotations

from pathlib import Path

import typer

from ingestion.wording import counted
from orchestration.console import err, print_json, print_table


def register(app: typer.Typer) -> None:
    app.command()(contracts)
    app.command()(draft)


def contracts(
    partner: str = typer.Option("", help="Only this partner's."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """List every contract: who sends what, in which file, when it is due.

    Example: milepost contracts --partner river_city_schools
    """
    from orchestration.settings import load_configuration, prepare_environment

    prepare_environment()
    found = [
        contract
        for _, contract in sorted(load_configuration().contracts.items())
        if partner in ("", contract.partner)
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
    rows = [
        (c.extract_id, "\n".join(c.patterns), ", ".join(f"{name} {day}" for name, day in c.expects.items()))
        for c in found
    ]
    print_table(counted(len(found), "contract"), ["extract", "file", "due (month-day)"], rows)


def draft(
    file: Path = typer.Argument(help="A file of the partner's."),
    partner: str = typer.Option(..., help="As in community.yml."),
    entity: str = typer.Option(..., help="The canonical entity, such as attendance."),
) -> None:
    """Print a first contract drafted from a file's headers, for a person to finish; no value gets into it.

    What is unusual about the file is told, and stands in the draft's first lines.

    Example: milepost draft roster.csv --partner lakeside_schools --entity person
    """
    from ingestion.scaffold import draft_contract

    agreement, lacking = _agreement_of(partner)
    drafted = draft_contract(file, partner, entity, agreement=agreement)
    typer.echo(drafted.text, nl=False)
    for sentence in (*drafted.noticed, *lacking):
        err.print(f"Noticed: {sentence}", markup=False, soft_wrap=True)


def _agreement_of(partner: str) -> tuple[str, list[str]]:
    """The first agreement the partner is a party of, and what the configuration still lacks for a load.

    While there is none, it is the one `init` writes.
    """
    from ingestion.errors import ContractError
    from ingestion.scaffold import FIRST_AGREEMENT
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
