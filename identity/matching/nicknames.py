"""Given names and what they are also written as: short forms, spellings, other languages' forms."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ingestion.sql_text import literal

if TYPE_CHECKING:
    import duckdb

NICKNAMES = Path(__file__).with_name("nicknames.csv")  # formal, kind, others (parted by spaces)


def load_nicknames(con: duckdb.DuckDBPyConnection) -> None:
    """Make table matching_formal_name (name, formal_names VARCHAR[]) of every name that the table lists.

    `formal_names` are those a name may stand for, itself among them, in order: two names are related if they
    have one in common (Bill and Will: William). A short form of many names relates to each of them, but they
    do not relate to one another.
    """
    con.execute(f"""
        create or replace table matching_formal_name as
        with listed as (
            select strip_accents(formal) as formal, strip_accents(unnest(string_split(others, ' '))) as other
            from read_csv({literal(str(NICKNAMES))}, header = true, all_varchar = true, delim = ',')
        ),
        stands_for as (
            select other as name, formal from listed
            union
            select formal, formal from listed
            union
            select other, other from listed
        )
        select name, list(formal order by formal) as formal_names
        from stands_for
        group by name
    """)
