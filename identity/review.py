"""Clerical review: pairs that the model is not sure of, with what both partners say, and their decisions."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from identity.decisions import Decision, DecisionError, Member, Verdict
from identity.matches import REVIEW_FROM
from identity.records import RECORD_ID
from ingestion.spreadsheets import neutral

FIELDS = ("first_name", "middle_name", "last_name", "birth_date", "sex", "address", "zip_code")
HANDED_OUT = (
    "partner_id", "student_id", *FIELDS, "other_partner_id", "other_student_id",
    *(f"other_{field}" for field in FIELDS), "match_probability", "evidence", "decision", "reviewer",
    "reason",
)  # fmt: skip
CONTRADICTION = "the same, and accounts contradict each other"
VERDICTS: dict[str, Verdict] = {"same": "same", "different": "different"}


@dataclass(frozen=True)
class Pair:
    """Two children of partners that may be one; `one` and `other` are what is said of each, by field."""

    left: Member
    right: Member
    one: dict[str, Any]
    other: dict[str, Any]
    match_probability: float
    evidence: dict[str, str]


def review_queue(con: duckdb.DuckDBPyConnection, most: int | None = None) -> list[Pair]:
    """Pairs that the model is not sure of and nobody decided, the likeliest first; `con` has the vault.

    Last come pairs with one state id whose accounts contradict each other, which nothing else links.
    """
    rows = con.execute(_QUEUE.format(limit="" if most is None else f"limit {int(most)}"), [REVIEW_FROM])
    names = [column[0] for column in rows.description]
    return [_pair(dict(zip(names, row, strict=True))) for row in rows.fetchall()]


def _pair(row: dict[str, Any]) -> Pair:
    return Pair(
        Member(row["partner_l"], row["student_l"]),
        Member(row["partner_r"], row["student_r"]),
        {field: row[f"{field}_l"] for field in FIELDS},
        {field: row[f"{field}_r"] for field in FIELDS},
        row["match_probability"],
        dict(row["levels"]),
    )


def _said(side: str) -> str:
    return ", ".join(f"{side}.{field} as {field}_{side}" for field in FIELDS)


# accounts to compare are those of a pair of the model, or the last one of a child whose state id links nobody
_QUEUE = f"""
    with paired as (
        select record_l, record_r, match_weight, match_probability, levels from vault.pair
        where match_probability >= ?
    ),
    contradicting as (
        select member_id as member_l, other_member_id as member_r from vault.contradicted
    ),
    named as (
        select record_l as record_id from paired union all select record_r from paired
    ),
    accounts as (
        select {RECORD_ID} as record_id, account.*
        from vault.account as account
        where {RECORD_ID} in (from named)
            or member_id in (select member_l from contradicting union all select member_r from contradicting)
    ),
    last_told as (
        select member_id, max_by(record_id, (school_year, record_id)) as record_id
        from accounts
        where birth_date is not null and coalesce(first_name, last_name) is not null
        group by member_id
    ),
    said as (
        select record_id, member_id, max_by(columns(['{"', '".join(FIELDS)}']), school_year)
        from accounts
        group by record_id, member_id
    ),
    pairs as (
        from paired
        union all
        select l.record_id, r.record_id, null, 0, map {{{{'state_id': '{CONTRADICTION}'}}}}
        from contradicting
        inner join last_told as l on member_l = l.member_id
        inner join last_told as r on member_r = r.member_id
    ),
    rosters as (
        select person_id, list(distinct partner_id) as partners
        from vault.member semi join vault.mention using (member_id)
        group by person_id
    ),
    -- who was told apart from one of a person's children is told apart from the person
    told_apart as (
        select distinct least(one.person_id, other.person_id) as one,
               greatest(one.person_id, other.person_id) as other
        from vault.decision as d
        inner join vault.member as one on d.partner_id = one.partner_id and d.student_id = one.student_id
        inner join vault.member as other
            on d.other_partner_id = other.partner_id and d.other_student_id = other.student_id
        where d.decision = 'different'
    ),
    told as (
        select said.*, member.person_id, member.partner_id, member.student_id, rosters.partners
        from said
        inner join vault.member as member using (member_id)
        inner join rosters using (person_id)
    )
    select
        l.partner_id as partner_l, l.student_id as student_l,
        r.partner_id as partner_r, r.student_id as student_r,
        {_said("l")}, {_said("r")}, match_probability, levels
    from pairs as pair
    inner join told as l on pair.record_l = l.record_id
    inner join told as r on pair.record_r = r.record_id
    where l.person_id <> r.person_id
        -- a partner's roster tells its children apart, so nobody has to
        and not list_has_any(l.partners, r.partners)
        and not exists (
            from told_apart
            where told_apart.one = least(l.person_id, r.person_id)
                and told_apart.other = greatest(l.person_id, r.person_id)
        )
        and not exists (
            from vault.decision as d
            where (d.partner_id, d.student_id, d.other_partner_id, d.other_student_id) in (
                (l.partner_id, l.student_id, r.partner_id, r.student_id),
                (r.partner_id, r.student_id, l.partner_id, l.student_id)
            )
        )
    -- two persons are asked about once
    qualify row_number() over (
        partition by least(l.person_id, r.person_id), greatest(l.person_id, r.person_id)
        order by match_weight desc nulls last, record_l, record_r
    ) = 1
    order by match_probability desc, record_l, record_r
    {{limit}}
"""


# ---- as a file -------------------------------------------------------------------------------------------
def hand_out(pairs: Sequence[Pair], file: Path) -> None:
    """Write pairs as CSV, readable by its owner only, for it holds names; nothing in it runs as a formula."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", newline="", encoding="utf-8") as written:
        rows = csv.writer(written)
        rows.writerow(HANDED_OUT)
        for pair in pairs:
            evidence = "; ".join(f"{field}: {level}" for field, level in sorted(pair.evidence.items()))
            said = [
                *(pair.left.partner_id, pair.left.student_id, *pair.one.values()),
                *(pair.right.partner_id, pair.right.student_id, *pair.other.values()),
            ]
            rows.writerow([*map(neutral, said), f"{pair.match_probability:.4f}", evidence, "", "", ""])


def taken_back(file: Path, reviewer: str = "") -> list[Decision]:
    """The decisions that reviewers wrote into a file that was handed out; rows without one are left out.

    `reviewer` decided the rows that name nobody. DecisionError names file and row; never what is in it.
    """
    try:
        with file.open(newline="", encoding="utf-8-sig") as opened:
            rows = list(csv.DictReader(opened))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DecisionError(
            f"The file cannot be read: {type(error).__name__}",
            where=str(file),
            next_step="Send it as CSV in UTF-8",
        ) from None
    needed = {"partner_id", "student_id", "other_partner_id", "other_student_id", "decision", "reviewer"}
    if rows and (missing := needed - rows[0].keys()):
        raise DecisionError(
            f"Columns are missing: {', '.join(sorted(missing))}",
            where=str(file),
            next_step="Write decisions into a file of `milepost identity review --export`",
        )
    found = []
    for number, row in enumerate(rows, start=2):
        said, who = ((row[column] or "").strip() for column in ("decision", "reviewer"))
        if not said:
            continue
        if said.lower() not in VERDICTS:
            raise DecisionError(
                "The column decision says neither same nor different",
                where=f"{file}, row {number}",
                rule="decision is same, different or empty",
                next_step="Correct the row; none of the file was taken",
            )
        if not (who := who or reviewer.strip()):
            raise DecisionError(
                "The column reviewer is empty, so nobody can tell who decided",
                where=f"{file}, row {number}",
                next_step='Fill it in, or say who decided all such rows: --reviewer "Ann Lee"; none of the'
                " file was taken",
            )
        one = Member(_unharmed(row["partner_id"]), _unharmed(row["student_id"]))
        other = Member(_unharmed(row["other_partner_id"]), _unharmed(row["other_student_id"]))
        reason = (row.get("reason") or "").strip()
        found.append(Decision(one, other, VERDICTS[said.lower()], who, reason))
    return found


def _unharmed(text: str) -> str:
    return text[1:] if len(text) > 1 and text[0] == "'" and text[1] in "=+-@\t\r" else text
