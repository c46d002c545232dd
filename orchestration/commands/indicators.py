"""`milepost indicators`: what is counted, and what another definition would change."""

from __future__ import annotations

from dataclasses import asdict

import typer

from orchestration.commands.deliveries import JSON
from orchestration.console import UsageError, err, print_json, print_table

indicators = typer.Typer(
    no_args_is_help=True, help="What is counted, and what another definition would change."
)


def register(app: typer.Typer) -> None:
    indicators.command("list")(list_indicators)
    indicators.command()(diff)
    app.add_typer(indicators, name="indicators")


def list_indicators(as_json: bool = JSON) -> None:
    """The registered indicators by stage, with who owns them and their versions; the default one first.

    Example: milepost indicators list
    """
    from orchestration.settings import sound_configuration
    from publishing.dbt_project import DBT_PROJECT
    from publishing.registry import load_registry

    registry = load_registry(DBT_PROJECT)
    communities, _ = sound_configuration()
    owners = [(c.community, name, owner) for c in communities for name, owner in c.owners.items()]
    if as_json:
        print_json(
            [
                indicator.model_dump()
                | {"owners": {community: owner for community, name, owner in owners if name == indicator.id}}
                for indicator in registry.values()
            ]
        )
        return
    rows = [
        (
            i.stage,
            i.id,
            i.title,
            "; ".join(sorted({owner for _, name, owner in owners if name == i.id})),
            ", ".join(d.version for d in sorted(i.definitions, key=lambda d: not d.is_default)),
        )
        for i in registry.values()
    ]
    print_table("Indicators", ("stage", "indicator", "title", "owner", "versions"), rows)


COMPARED = (
    *("school year", "subgroup", "of", "percent"),
    *("proposed of", "proposed percent", "points", "changed"),
)


def diff(
    indicator: str = typer.Argument(help="The indicator, such as chronic_absence."),
    definition: list[str] = typer.Option(
        ...,
        "--definition",
        "-d",
        help="A parameter of the proposal, such as minimum_share_absent=0.15; several times.",
    ),
    version: str | None = typer.Option(
        None, help="The version it is a change of; the default one if not given."
    ),
    by: str = typer.Option("all", help="A disaggregate whose subgroups are compared."),
    as_json: bool = JSON,
) -> None:
    """Count all school years by a proposed definition beside the one in force, before it is adopted.

    Nothing is written. Numbers of fewer than ten children are not shown.

    Example: milepost indicators diff chronic_absence --definition minimum_share_absent=0.15

    Example: milepost indicators diff chronic_absence -d minimum_days_enrolled=90 --by race_ethnicity
    """
    from ingestion.yaml_file import near_miss
    from orchestration.settings import first_steps, prepare_environment
    from publishing.dbt_project import DBT_PROJECT
    from publishing.proposal import compare, proposed
    from publishing.registry import load_registry

    home = prepare_environment()
    registry = load_registry(DBT_PROJECT)
    if indicator not in registry:
        raise UsageError(f"No indicator is called '{indicator}'", next_step=near_miss(indicator, registry))
    if not home.warehouse.exists():
        raise UsageError(
            "Nothing was built yet", where=str(home.warehouse), next_step=first_steps("Run", publish=True)
        )
    base, proposal = proposed(registry[indicator], version, dict(map(_parameter, definition)))
    changes = compare(home, registry[indicator], base, proposal, by)
    if as_json:
        print_json([asdict(change) for change in changes])
        return
    said = ", ".join(f"{name} = {value}" for name, value in proposal.parameters.items())
    err.print(f"{registry[indicator].title}: {base.version} as it is, and with {said}.", soft_wrap=True)
    print_table("", COMPARED, [_row(change) for change in changes], plain=True)


def _parameter(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name.strip() or not value.strip():
        raise UsageError(
            f"'{text}' is no parameter", next_step="Write name=value, as minimum_share_absent=0.15"
        )
    return name.strip(), value.strip()


def _row(change: object) -> tuple[str, ...]:
    from publishing.proposal import Change

    assert isinstance(change, Change)
    year = f"{change.school_year - 1}-{change.school_year % 100:02d}"
    if change.denominator is None or change.value is None or change.proposed_value is None:
        return (year, change.subgroup, "fewer than 10", "", "", "", "", "")
    return (
        year,
        change.subgroup,
        f"{change.denominator:,}",
        f"{100 * change.value:.1f}",
        f"{change.proposed_denominator:,}",
        f"{100 * change.proposed_value:.1f}",
        f"{change.difference_points:+.1f}",
        f"{change.n_changed:,}",
    )
