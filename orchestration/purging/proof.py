"""Proof of a purge: what it removed is looked for in every file of the home."""

from __future__ import annotations

from typing import Any

from ingestion.home import Home
from ingestion.traces import Sought, database_tells_of, look_into
from orchestration.purging.looking import choose, still_there
from orchestration.purging.receipts import Receipt
from orchestration.purging.subjects import Subject
from orchestration.purging.unsure import AS_SENT, unsure


def search(home: Home, subject: Subject, receipt: Receipt) -> dict[str, Any]:
    """Every file of the home is searched, and rows of lake and vault are asked."""
    from identity.purging import begun, still_tells_of
    from identity.vault import open_vault
    from ingestion.spill import working_database
    from ingestion.warehouse_file import attach_warehouse

    sought, left, found = Sought(), 0, list[str]()
    if home.vault.exists():
        with open_vault(home) as con:
            sought = begun(con, receipt.purge_id)
            choose(home, subject, con)
            left = con.execute("select count(*) from gone_member").fetchall()[0][0]
            found = [f"identity/vault.duckdb, {table}" for table in still_tells_of(con, sought)]
    made_up = _made_up(home)
    files = [
        path
        for path in sorted(home.root.rglob("*"))
        if path.is_file() and not path.is_symlink() and path.relative_to(home.root).parts[0] not in made_up
    ]
    with working_database(home) as con:
        looks = {
            path: look_into(path, sought, as_sent=path.relative_to(home.root).parts[0] in AS_SENT, con=con)
            for path in files
        }
        if home.warehouse.exists():  # encrypted, so its bytes tell nothing
            attach_warehouse(con, home)
            if database_tells_of(con, "warehouse", sought):
                found.append(home.warehouse.name)
    found += [str(path.relative_to(home.root)) for path, look in looks.items() if look.tells]
    inventory = still_there(home, subject, receipt)
    found += [str(file.path.relative_to(home.root)) for file in inventory.redacted]
    found += [str(p.relative_to(home.root)) for paths in inventory.removed.values() for p in paths]
    found += [f"landing/{sha256}" for sha256 in sorted(inventory.landed)]
    return {
        "n_files": len(files),
        "n_bytes": sum(path.stat().st_size for path in files),
        "n_texts": sought.n_texts,
        "not_searched": made_up,
        "unsure": unsure(home, subject, sought, looks),
        "found_in": sorted({*found, *(["identity/vault.duckdb"] if left else [])}),
    }


def _made_up(home: Home) -> list[str]:
    """What `milepost demo` writes its files from, and the truth about them: no child is in it."""
    return ["demo"] if (home.root / "demo" / "manifest.json").exists() else []
