"""Records as they are compared: names, dates and addresses in one plain form, once per distinct value."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from identity.matching import words
from identity.matching.nicknames import load_nicknames

if TYPE_CHECKING:
    import duckdb

NORMALISED, SOURCE = "matching_record", "matching_source"
FIRST_YEAR_OF_BIRTH = 1905


def normalise(con: duckdb.DuckDBPyConnection, kept: str | None = None, settled: str | None = None) -> None:
    """Make table `matching_record` from table `record`: a row per record, in the form that is compared.

    Beside record_id, partner, group_id and state_id (null where `record` has no such column) it has:
    first_name, last_name (letters and digits alone), first_names, last_names (VARCHAR[], their parts),
    formal_names (VARCHAR[], the names that a first name may be short for, itself included), given_names
    (VARCHAR[], these and first_names), first_sound and
    last_sound (equal for usual transliterations), middle_name and middle_initial, birth_date, birth_text
    (yyyymmdd), is_january_first, birth_key (equal if day and month change places), sex, address, zip_code.
    What is no name, date or address is null. `also_*` repeat columns under names of their own, so that a
    comparison which looks at a second field does not count as one of that field (see training.py).

    Its column place_hash is of the address and ZIP code as sent. From `kept`, a table with the columns of an
    earlier `matching_record` (that table itself, or those of KEPT alone), come the rows of records that have
    the same place still; a record_id must stand for the same names, birth date and sex as it did then. Rows
    of `settled`, with group_id and state_id beside those of KEPT, are added as they are.
    """
    known = (
        f"anti join {kept} as kept on record.record_id = kept.record_id and {_PLACE} = place_hash"
        if kept
        else ""
    )
    con.execute(f"create or replace table {SOURCE} as select record.* from record {known}")
    load_nicknames(con)
    _name_values(con, "first_name", words.NO_FIRST_NAME, words.TAIL_OF_UNNAMED)
    _name_values(con, "last_name", words.NO_LAST_NAME, "")
    _name_values(con, "middle_name", words.NO_FIRST_NAME, "")
    _address_values(con)
    state_id = "record.state_id" if "state_id" in con.table("record").columns else "null::varchar"
    told = _RECORDS.format(state_id=state_id)
    if kept:
        # groups and state ids are those of now: a decision may have moved a record since
        told += (
            f" union all by name select {', '.join(f'kept.{column}' for column in KEPT)}, record.group_id,"
            f" {state_id} as state_id from {kept} as kept"
            f" inner join record on kept.record_id = record.record_id and {_PLACE} = kept.place_hash"
        )
    if settled:
        con.execute(f"create or replace temp table {NORMALISED}_new as {told}")
        # a view: it is quicker to read a few columns where they are, as often as it is done, than to copy all
        con.execute(
            f"create or replace temp view {NORMALISED} as select *, {_ALSO} from (from {NORMALISED}_new "
            f"union all by name select {', '.join(KEPT)}, group_id, state_id from {settled})"
        )
    else:
        con.execute(f"create or replace table {NORMALISED} as select *, {_ALSO} from ({told})")
    for table in ("first_name", "last_name", "middle_name", "address", "source"):
        con.execute(f"drop table matching_{table}")


def rules_of_now() -> str:
    """Equal while records are normalised in the same way: what was kept by other rules is of no use."""
    here = Path(__file__).parent
    rules = [(here / name).read_bytes() for name in ("normalising.py", "words.py", "nicknames.csv")]
    return hashlib.sha256(b"|".join(rules)).hexdigest()[:16]


def plain(text: str) -> str:
    """SQL of a text in lower case, without accents, its words parted by single spaces.

    An apostrophe parts nothing (O'Brien is one word); every other sign does, a hyphen too. Letters that are
    not Latin stay: see `latin`.
    """
    sql = f"lower({text})"
    for letter, plainly in words.LIGATURES.items():
        sql = f"replace({sql}, '{letter}', '{plainly}')"
    sql = f"translate(strip_accents({sql}), '{words.LETTERS[0]}''’`', '{words.LETTERS[1]}')"
    return f"trim(regexp_replace({sql}, '[^a-z0-9\\p{{L}}]+', ' ', 'g'))"


def latin(text: str) -> str:
    """SQL of a text in small letters, Cyrillic and Greek ones written in Latin; the column is named twice."""
    sql = text
    for letter, plainly in words.OTHER_SCRIPTS_LONG.items():
        sql = f"replace({sql}, '{letter}', '{plainly}')"
    sql = f"translate({sql}, '{words.OTHER_SCRIPTS[0]}', '{words.OTHER_SCRIPTS[1]}')"
    return f"case when regexp_matches({text}, '[Ͱ-ԯ]') then {sql} else {text} end"


def sound(name: str) -> str:
    """SQL of a spelling that is equal for usual ways to write one name: Sofia and Sophia, Müller and Mueller.

    Short by design: it joins ways to write a sound, not names that merely sound alike.
    """
    rules = (
        ("ph", "f"), ("ck", "k"), ("kh", "h"), ("ch", "h"), ("gh", "g"), ("dj", "j"), ("oo", "u"),
        ("ou", "u"), ("ue", "u"), ("oe", "o"), ("ae", "a"), ("ie", "i"), ("ee", "i"), ("ei", "i"),
        ("ai", "ay"), ("ey", "i"),
    )  # fmt: skip
    sql = name
    for written, heard in rules:
        sql = f"replace({sql}, '{written}', '{heard}')"
    sql = f"translate({sql}, 'ycqzw', 'ikksv')"
    for letter in "abdefgiklmnoprstuv":  # doubled letters; RE2 knows no back reference
        sql = f"replace({sql}, '{letter}{letter}', '{letter}')"
    return f"regexp_replace(regexp_replace({sql}, '([bcdgkprtsm])h', '\\1', 'g'), '(ah|h)$', 'a')"


def _name_values(con: duckdb.DuckDBPyConnection, column: str, nobody: tuple[str, ...], tail: str) -> None:
    """Table matching_<column>: each distinct value as sent, with its plain form, parts and sound."""
    no_name = f"regexp_full_match(told, '({'|'.join(nobody)}){tail}')"
    con.execute(f"""
        create or replace table matching_{column} as
        -- materialized: a name that is used twice would be worked out twice, in each step again
        with sent as materialized (
            select as_sent, {plain("as_sent")} as plainly
            from (select distinct {column} as as_sent from {SOURCE} where {column} is not null)
        ),
        written as materialized (
            select as_sent, {latin("plainly")} as words, trim(regexp_replace(words, '[0-9]+$', '')) as told
            from sent
        ),
        parted as materialized (
            -- a suffix is one only behind a name; Junior and King IV may be all there is
            select as_sent, string_split(words, ' ') as all_parts,
                   list_filter(all_parts, lambda part, i: i = 1 or part not in {words.SUFFIXES!r}) as parts
            from written
            where words <> '' and told <> '' and not {no_name} and not regexp_full_match(told, 'x+|z+')
        ),
        joined as materialized (
            select as_sent, array_to_string(parts, '') as name,
                   list_filter(parts,
                       lambda part: length(part) > 1 and part not in {words.PARTICLES!r}) as main
            from parted
        )
        select as_sent, name, {sound("name")} as sounds_like,
               case when len(main) = 0 or main = [name] then [name]
                    -- "De La Cruz" is also Cruz, "Mary-Ann" also Mary; whole first
                    else list_prepend(name, main) end as parts
        from joined
    """)


def _address_values(con: duckdb.DuckDBPyConnection) -> None:
    short = "' ' || words || ' '"
    for word, shortly in words.ADDRESS_WORDS.items():
        short = f"replace({short}, ' {word} ', ' {shortly} ')"
    con.execute(f"""
        create or replace table matching_address as
        with written as materialized (
            select as_sent, {plain("as_sent")} as words
            from (select distinct address as as_sent from {SOURCE} where address is not null)
        )
        select as_sent, replace({short}, ' ', '') as address
        from written
        where length(words) > 3 and words not in {words.NO_ADDRESS!r}
    """)


# what of a normalised record is worked out from the account itself
KEPT = (
    "record_id", "partner", "first_name", "first_names", "first_sound", "last_name", "last_names",
    "last_sound", "middle_name", "middle_initial", "birth_date", "sex", "address", "zip_code", "place_hash",
    "formal_names", "given_names", "birth_text", "is_january_first", "birth_key",
)  # fmt: skip
_PLACE = "hash(record.address, record.zip_code)"
_ALSO = (
    "first_name as also_first, last_name as also_last, middle_name as also_middle, birth_date as also_birth, "
    "last_names as also_lasts, formal_names as also_formals"
)
_RECORDS = f"""
    with told as (
        select
            record.record_id,
            (hash(record.partner_id) >> 1)::ubigint as partner,
            record.group_id, {{state_id}} as state_id,
            first.name as first_name, first.parts as first_names, first.sounds_like as first_sound,
            last.name as last_name, last.parts as last_names, last.sounds_like as last_sound,
            middle.name as middle_name, left(middle.name, 1) as middle_initial,
            case when year(record.birth_date) >= {FIRST_YEAR_OF_BIRTH}
                    and record.birth_date <= current_date + 366
                    and record.birth_date not in {words.NO_BIRTH_DATES!r}
                then record.birth_date end as birth_date,
            case when record.sex in ('female', 'male', 'nonbinary') then record.sex end as sex,
            address.address,
            -- ZIP+4 and ZIP are one place; 00000 and 99999 are none
            case when nullif(trim(record.zip_code), '') not in ('00000', '99999', '0', 'unknown')
                then left(trim(record.zip_code), 5) end as zip_code,
            {_PLACE} as place_hash
        from {SOURCE} as record
        left join matching_first_name as first on record.first_name = first.as_sent
        left join matching_last_name as last on record.last_name = last.as_sent
        left join matching_middle_name as middle on record.middle_name = middle.as_sent
        left join matching_address as address on record.address = address.as_sent
    )
    , named as (
        select told.*, coalesce(known.formal_names, told.first_names[:1]) as formal_names
        from told left join matching_formal_name as known on told.first_name = known.name
    )
    select
        *,
        list_distinct(formal_names || first_names) as given_names,
        strftime(birth_date, '%Y%m%d') as birth_text,
        month(birth_date) = 1 and day(birth_date) = 1 as is_january_first,
        case when not is_january_first then year(birth_date) * 10000
            + least(month(birth_date), day(birth_date)) * 100
            + greatest(month(birth_date), day(birth_date)) end as birth_key
    from named
"""
