"""Chance in SQL: the same draw for the same key, purpose and seed, in whatever order rows are worked on."""

from __future__ import annotations

import duckdb

# hash() of a pair is one hash laid over the other, so draws for two purposes would mirror each other: it is
# hashed again.
_MACROS = """
create or replace macro chance(key, purpose) as
    (hash(xor(hash(cast(key as bigint)), hash(purpose || ':{seed}'))) >> 11) / 9007199254740992.0;
create or replace macro whole(key, purpose, n) as cast(floor(chance(key, purpose) * n) as bigint);
create or replace macro bell(key, purpose) as
    sqrt(-2 * ln(greatest(chance(key, purpose || ' far'), 1e-12))) * cos(2 * pi() * chance(key, purpose ||
        ' turn'));
create or replace macro school_year_of(day) as cast(year(day) + cast(month(day) >= 7 as integer) as bigint);
create or replace macro number_of(person, partner) as
    upper(left(md5(cast(person as varchar) || partner || ':{seed}'), 12));
"""


def create_macros(con: duckdb.DuckDBPyConnection, seed: int) -> None:
    """Leave the macros in `con`.

    chance(key, purpose) is uniform in 0..1, whole(key, purpose, n) in 0..n-1, bell(key, purpose) standard
    normal; number_of(person, partner) is a number without meaning by which a partner knows a person.
    """
    con.execute(_MACROS.format(seed=seed))
