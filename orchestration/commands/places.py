"""Organizations and sites that partners name differently: `places`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from orchestration.console import UsageError, err, out, print_json, print_table

if TYPE_CHECKING:
    from ingestion.home import Home

IS_LINKED = "n_accounts > 1"
COLUMNS = {
    "places": "kind, place_name, n_accounts, n_partners, nces_id, zip_code, place_id",
    "pairs": "entity, partner_id, local_id, place_name, other_entity, other_partner_id, other_local_id,"
    " other_place_name, round(match_probability, 2)::double as match_probability, levels",
}


def register(app: typer.Typer) -> None:
    app.command()(places)


def places(
    to_decide: bool = typer.Option(
        False, "--to-decide", help="Show the pairs that may be one place instead of the places."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print the result as JSON."),
) -> None:
    """List the organizations and sites that several accounts are of, and pairs that people should decide.

    A decision is a line in same_places.csv of the community's folder; the next refresh takes it. --json has
    every place; those of the table are the ones with `is_linked`.

    Example: milepost places --to-decide
    """
    import duckdb

    from ingestion.home import Home
    from ingestion.sql_text import literal
    from ingestion.wording import counted

    home = Home.from_environment()
    if not home.places.exists():
        raise UsageError("No places are linked yet", next_step="Run milepost refresh")
    file, part = (home.place_pairs, "pairs") if to_decide else (home.places, "places")
    with duckdb.connect() as con:
        where = "" if to_decide or as_json else f"where {IS_LINKED}"
        columns = COLUMNS[part] + (f", {IS_LINKED} as is_linked" if as_json and not to_decide else "")
        found = con.sql(f"select {columns} from read_parquet({literal(str(file))}) {where}")
        names, rows = found.columns, found.fetchall()
        ((n_pairs,),) = con.sql(
            f"select count(*) from read_parquet({literal(str(home.place_pairs))})"
        ).fetchall()
    if as_json:
        print_json([dict(zip(names, row, strict=True)) for row in rows])
        return
    for sentence in waiting(home):
        err.print(sentence, style="yellow", markup=False, soft_wrap=True)
    if to_decide:
        _show_pairs(rows)
        return
    print_table("Places of several accounts", [name.replace("_", " ") for name in names], rows)
    if n_pairs:
        pairs = counted(n_pairs, "pair waits", "pairs wait")
        err.print(f"{pairs} for a decision: milepost places --to-decide")


def waiting(home: Home) -> list[str]:
    """A sentence per account that same_places.csv names and nobody has sent; none where it cannot be read."""
    from identity.places.waiting import waiting_accounts
    from ingestion.errors import ContractError
    from orchestration.settings import load_configuration

    try:
        found = waiting_accounts(home, load_configuration())
    except ContractError:  # told by whatever needs the configuration
        return []
    return [
        f"same_places.csv of {community}: the last refresh knew no {account}. Its row waits until a delivery"
        " tells of it; if that is not to come, correct its number."
        for community, account in found
    ]


def _show_pairs(rows: list[tuple[Any, ...]]) -> None:
    """Each pair as the start of its line in same_places.csv, with what speaks for it."""
    if not rows:
        out.print("No pair waits for a decision.")
        return
    out.print("entity,partner_id,id,other_entity,other_partner_id,other_id", markup=False)
    for entity, partner, number, name, other, other_partner, other_number, other_name, share, levels in rows:
        start = ",".join((entity, partner, number, other, other_partner, other_number))
        out.print(start, markup=False, soft_wrap=True)
        out.print(f"    {share:.2f}  {name} | {other_name}  ({levels})", markup=False, soft_wrap=True)
