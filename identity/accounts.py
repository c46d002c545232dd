"""What partners say of children, taken into the vault: each file once, and out when it is out of force."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from enum import Enum
from pathlib import Path

import duckdb

from ingestion.contracts.entities import CANONICAL, load_entities
from ingestion.home import Home
from ingestion.sql_text import literal
from ingestion.warehouse_file import attach_warehouse

STANDARDS = ("standards__student", "standards__person")  # staging's views of the children of standards
OF_PERSONS = ("person", "")  # the entities whose files say who a child is; '' for those of standards
KEY_BYTES = 9  # in 12 characters, since a million accounts carry it: DuckDB compares these without a pointer
TAKEN = "8"  # another one where this module takes something else from a file than before
FIRST_YEAR, LAST_YEAR = 1900, 2100  # of a crosswalk that tells none
MEMBER_ID = "md5_number_lower({rows}partner_id || '|' || {rows}student_id)"

# columns of a person file; those that a file of another time lacks are NULL
PERSON = {
    "community_id": "varchar", "partner_id": "varchar", "student_id": "varchar", "first_name": "varchar",
    "middle_name": "varchar", "last_name": "varchar", "birth_date": "date", "gender": "varchar",
    "address": "varchar", "zip_code": "varchar", "state_student_id": "varchar",
    "replaced_by_student_id": "varchar", "extract_id": "varchar", "school_year": "integer",
    "collection": "varchar", "clk": "varchar", "clk_version": "varchar", "hashed_national_id": "varchar",
    "birth_year": "integer", "_load_id": "varchar",
}  # fmt: skip


class News(Enum):
    """What is new in the lake since the last time."""

    NOTHING = "as before"
    FILES = "files that tell nothing new of who is who"
    CHILDREN = "accounts or children"


def take_accounts(
    con: duckdb.DuckDBPyConnection, home: Home, lake: Home, *, has_views: bool, in_full: bool = False
) -> News:
    """Make tables new_file, gone_file, new_account, account, mention, child_told, present and withdrawn.

    `account` has what `vault.account` has of all files in force, a row per row of a file that tells who a
    child is, `new_account` those of new files; `mention` (file_key, member_id) each child that a file not
    read before speaks of, `child_told` (member_id, partner_id, student_id) the same children, each once;
    `present` every child that any file in force speaks of, each once; `withdrawn` (member_id) whose account
    was taken back with its file, and not sent anew. All but files, `mention` and `child_told` are made only
    where there is news of children, or `in_full`. The vault itself is only read.
    """
    files = _files_in_force(lake, _read_by(con, home), has_views=has_views)
    con.execute("create or replace temp table in_force (file_key varchar, tells_of_persons boolean)")
    if files:
        rows = (f"({literal(key)}, {entity in OF_PERSONS})" for key, (entity, _) in files.items())
        con.execute(f"insert into in_force values {', '.join(rows)}")
    con.execute(
        "create or replace temp table new_file as from in_force anti join vault.file using (file_key)"
    )
    con.execute(
        "create or replace temp table gone_file as from vault.file anti join in_force using (file_key)"
    )
    new = {key for (key,) in con.execute("select file_key from new_file").fetchall()}
    persons = {key: path for key, (entity, path) in files.items() if key in new and entity == "person"}
    standards = next((key for key in new if not files[key][0]), None)
    if standards:
        con.execute("set file_search_path = ?", [str(home.root)])
        attach_warehouse(con, home)
    _make_mentions(con, files, new, standards)
    gone = con.execute("select count(*), count(*) filter (tells_of_persons) from gone_file").fetchone()
    assert gone is not None
    if in_full or persons or standards or gone[1] or _others_are_present(con):
        con.execute(_accounts_sql(home, persons, standards))
        con.execute(_ACCOUNT)
        con.execute(_PRESENT)
        con.execute(_WITHDRAWN)
        return News.CHILDREN
    return News.FILES if new or gone[0] else News.NOTHING


def _others_are_present(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether a new file speaks of a child that none spoke of, or nobody speaks of one any more."""
    row = con.execute("""
        select exists (from child_told anti join vault.mention as before using (member_id)) or exists (
            from (from vault.mention anti join in_force using (file_key)) as gone
            anti join child_told using (member_id)
            anti join (from vault.mention semi join in_force using (file_key)) as left_over using (member_id)
        )
    """).fetchone()
    return bool(row and row[0])


# a view: of a million accounts of before, each step reads what it needs of them where it is
_ACCOUNT = """
    create or replace temp view account as
    select * from vault.account where file_key not in (select file_key from gone_file)
    union all by name
    from new_account
"""

_PRESENT = """
    create or replace temp table present as
    select member_id, partner_id, student_id
    from vault.member
    semi join (
        select member_id from vault.mention semi join in_force using (file_key)
        union all
        select member_id from child_told
    ) as told using (member_id)
    union all
    select member_id, partner_id, student_id from child_told anti join vault.member using (member_id)
"""

_WITHDRAWN = """
    create or replace temp table withdrawn as
    select distinct member_id
    from vault.account semi join gone_file using (file_key) anti join child_told using (member_id)
"""


def keep_accounts(con: duckdb.DuckDBPyConnection) -> None:
    """Write accounts of new files, remove those of files that are gone; the caller holds the transaction."""
    con.execute("delete from vault.account where file_key in (select file_key from gone_file)")
    con.execute("insert into vault.account by name from new_account")
    con.execute("create or replace temp view account as from vault.account")


def keep_files(con: duckdb.DuckDBPyConnection) -> None:
    """Remember which files were read, and of whom they speak; the caller holds the transaction."""
    con.execute("delete from vault.file where file_key in (select file_key from gone_file)")
    con.execute("insert into vault.file from new_file")
    con.execute("delete from vault.mention where file_key not in (select file_key from in_force)")
    con.execute("insert into vault.mention select file_key, member_id from mention")


def _read_by(con: duckdb.DuckDBPyConnection, home: Home) -> str:
    """What a file is read by: this module, and what partners' codes of gender mean."""
    codes = [home.reference_file(table) for table in ("crosswalks", "extract_codes")]
    said = [
        con.execute(f"from {literal(str(file))} where field = 'gender' order by all").fetchall()
        for file in codes
        if file.exists()
    ]
    return f"{TAKEN}.{hashlib.sha256(repr(said).encode()).hexdigest()[:12]}"


def _files_in_force(lake: Home, read_by: str, *, has_views: bool) -> dict[str, tuple[str, Path]]:
    """Key of each thing to read -> (entity, file). A raw file is never written twice; standards are one."""
    found: dict[str, tuple[str, Path]] = {}
    of_standards: list[str] = []
    for name, entity in load_entities().items():
        for path in sorted((lake.raw / name).glob("**/*.parquet")):
            key = _key_of(f"{read_by}|{name}|{_stat_of(path)}")
            if entity.standard != CANONICAL:
                of_standards.append(key)
            elif "student_id" in entity.columns:
                found[key] = (name, path)
    if has_views and of_standards:
        found[_key_of("|".join([read_by, "standards", *sorted(of_standards)]))] = ("", Path())
    return found


def _key_of(text: str) -> str:
    digest = hashlib.blake2b(text.encode(), digest_size=KEY_BYTES).digest()
    return base64.urlsafe_b64encode(digest).decode()


def _stat_of(path: Path) -> str:
    stat = path.stat()
    return f"{path.parent.name}/{path.name}|{stat.st_ino}|{stat.st_size}|{stat.st_mtime_ns}"


def _accounts_sql(
    home: Home,
    persons: Mapping[str, Path],
    standards: str | None,
) -> str:
    nothing = "select " + ", ".join(f"null::{kind} as {name}" for name, kind in PERSON.items())
    told = [f"select null::varchar as file_key, * from ({nothing} limit 0)"]
    if persons:
        listed = ", ".join(literal(str(path)) for path in persons.values())
        told.append(
            f"select ({literal([*persons])})[file_index::bigint + 1] as file_key, * "
            f"from read_parquet([{listed}], union_by_name = true)"
        )
    if standards:
        told.append(f"select {literal(standards)} as file_key, * from warehouse.staging.{STANDARDS[1]}")
    columns = ", ".join(f"told.{name}::{kind} as {name}" for name, kind in PERSON.items() if name != "gender")
    return f"""
        create or replace temp table new_account as
        select
            told.file_key, {columns}, {MEMBER_ID.format(rows="told.")} as member_id,
            {_sex_sql(home)} as sex
        from ({" union all by name ".join(told)}) as told
        {_join_sexes(home)}
        where told.student_id is not null
    """


def _make_mentions(
    con: duckdb.DuckDBPyConnection,
    files: Mapping[str, tuple[str, Path]],
    new: set[str],
    standards: str | None,
) -> None:
    """Make mention and child_told of the children that a new file of any entity speaks of.

    A child is in dozens of files: it is looked up once, with the places of its files in the list of them.
    """
    of_files = {key: str(path) for key, (entity, path) in files.items() if key in new and entity}
    keys = [*of_files, *([standards] if standards else [])]
    told = [
        "select null::integer as place, null::varchar as partner_id, null::varchar as student_id where false"
    ]
    if of_files:
        listed = ", ".join(map(literal, of_files.values()))
        # by a file's place in the list: to tell files apart by their names takes four times as long
        told.append(
            "select file_index::integer, partner_id, student_id "
            f"from read_parquet([{listed}], union_by_name = true) where student_id is not null"
        )
    if standards:
        con.execute(
            "create or replace temp table told_by_standards as "
            f"select distinct partner_id, student_id from warehouse.staging.{STANDARDS[0]}"
        )
        told.append(f"select {len(of_files)}, partner_id, student_id from told_by_standards")
    con.execute(f"create or replace temp view row_of_child as {' union all '.join(told)}")
    con.execute(f"""
        create or replace temp table told_of_child as
        select partner_id, student_id, {MEMBER_ID.format(rows="")} as member_id, places
        from (
            select any_value(partner_id) as partner_id, any_value(student_id) as student_id,
                list_distinct(list(place)) as places
            from row_of_child
            group by hash(partner_id, student_id)
        )
    """)
    con.execute(f"""
        create or replace temp view child_told as
        select member_id, partner_id, student_id from told_of_child;
        create or replace temp view mention as
        select ({literal(keys)})[place + 1] as file_key, member_id
        from (select unnest(places) as place, member_id from told_of_child)
    """)


# ---- sex -------------------------------------------------------------------------------------------------
# Partners' codes of gender by their crosswalk, else by the words and letters that everybody uses.
_PLAIN = (
    "case when lower(trim(told.gender)) in ('f', 'female') then 'female' "
    "when lower(trim(told.gender)) in ('m', 'male') then 'male' "
    "when lower(trim(told.gender)) in ('x', 'nonbinary') then 'nonbinary' end"
)


def _sex_sql(home: Home) -> str:
    by_crosswalk = "sexes.conformed_code, " if home.reference_file("crosswalks").exists() else ""
    by_layout = "layout_sexes.conformed_code, " if home.reference_file("extract_codes").exists() else ""
    return f"nullif(coalesce({by_crosswalk}{by_layout}{_PLAIN}), 'unknown')"


def _join_sexes(home: Home) -> str:
    """Joins that find at most one row each, so that an account stays one row."""
    joins = ""
    if (crosswalks := home.reference_file("crosswalks")).exists():
        joins += f"""
            left join (
                select partner_id, code, school_year, max(conformed_code) as conformed_code
                from (
                    select partner_id, lower(trim(partner_code)) as code, conformed_code, unnest(range(
                        coalesce(first_year, {FIRST_YEAR}), coalesce(last_year, {LAST_YEAR}) + 1
                    )) as school_year
                    from {literal(str(crosswalks))}
                    where field = 'gender'
                )
                group by all
            ) as sexes
                on told.partner_id = sexes.partner_id and lower(trim(told.gender)) = sexes.code
                and told.school_year = sexes.school_year"""
    if (codes := home.reference_file("extract_codes")).exists():
        joins += f"""
            left join (
                select extract_id, lower(trim(partner_code)) as code, max(conformed_code) as conformed_code
                from {literal(str(codes))}
                where field = 'gender'
                group by all
            ) as layout_sexes
                on told.extract_id = layout_sexes.extract_id
                and lower(trim(told.gender)) = layout_sexes.code"""
    return joins
