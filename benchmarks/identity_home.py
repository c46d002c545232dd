"""All that identity does in a home: files read, the vault written, links, keys and lists put out."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingestion.sql_text import literal

if TYPE_CHECKING:
    import duckdb

# what raw/person holds of a partner that tells no state ids, merges or encodings
_RAW = """
    copy (
        select 'made' as community_id, replace(partner_id, ' ', '_') as partner_id,
               member_id::varchar as student_id, first_name, middle_name, last_name, birth_date,
               sex as gender, address, zip_code, null::varchar as state_student_id,
               null::varchar as replaced_by_student_id, null::varchar as extract_id, 2024 as school_year,
               'annual' as collection, null::varchar as clk, null::varchar as clk_version,
               null::varchar as hashed_national_id, null::integer as birth_year,
               partner_id || '-1' as _load_id
        from record where partner_id = {partner}
    ) to {path}
"""


def link_home(con: duckdb.DuckDBPyConnection, records: int, new: int) -> dict[str, Any]:
    """Link two partners of `records` children each for the first time, then `new` children of a third."""
    from benchmarks.identity_records import write_many
    from benchmarks.measuring import Laps
    from identity.linking import link_persons
    from ingestion.home import Home

    write_many(con, records, new)
    os.environ["MILEPOST_VAULT_KEY"] = "made up for a benchmark"
    with tempfile.TemporaryDirectory(prefix="milepost-bench-") as folder:
        home = Home(Path(folder))

        def send(partner: str) -> None:
            file = home.raw / "person" / f"delivery={partner[-1]}" / "part.parquet"
            file.parent.mkdir(parents=True)
            con.execute(_RAW.format(partner=literal(partner), path=literal(str(file))))

        send("partner 0")
        send("partner 1")
        laps = Laps()
        link_persons(home)
        laps.lap("linked for the first time")
        send("partner 2")
        laps.lap("between")
        counts = link_persons(home)
        laps.lap(f"{new:,} new children linked")
        steps = laps.as_dict()
        steps.pop("between")
        return {"records": 2 * records, "new": new, "persons": counts.persons, "steps": steps}
