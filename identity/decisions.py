"""What reviewers decided of two children: `same` or `different`, kept in the vault, replayed on every run."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

import duckdb

from ingestion.errors import MilepostError

Verdict = Literal["same", "different"]


class DecisionError(MilepostError):
    """A decision cannot be taken; nothing was changed."""


@dataclass(frozen=True)
class Member:
    """A child as one partner knows it."""

    partner_id: str
    student_id: str


@dataclass(frozen=True)
class Decision:
    """What `reviewer` decided of two children, and why."""

    one: Member
    other: Member
    verdict: Verdict
    reviewer: str
    reason: str


def decide(con: duckdb.DuckDBPyConnection, decisions: list[Decision]) -> int:
    """Add decisions to the vault, all or none; how many are new. The latest of a pair is in force.

    DecisionError if a child is not known, or if decisions in force contradict each other.
    """
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    _refuse_unknown(con, decisions)
    added = 0
    con.execute("begin")
    try:
        for decision in decisions:
            one, other = decision.one, decision.other
            keys = [one.partner_id, one.student_id, other.partner_id, other.student_id]
            if _in_force(con, keys) == decision.verdict:
                continue
            con.execute(
                "insert into vault.decision values (?, ?, ?, ?, ?, ?, ?, ?)",
                [*keys, decision.verdict, decision.reviewer, now, decision.reason],
            )
            added += 1
        make_decided(con)
        refuse_contradictions(con)
    except BaseException:
        con.execute("rollback")
        raise
    con.execute("commit")
    return added


def make_decided(con: duckdb.DuckDBPyConnection) -> None:
    """Make table decided (member_l, member_r, decision, named_first, decided_at, place): the latest ones."""
    con.execute("""
        create or replace temp table decided as
        select member_l, member_r, max_by(decision, (decided_at, place)) as decision,
               max_by(one, (decided_at, place)) as named_first, max(decided_at) as decided_at,
               max(place) as place
        from (
            select
                md5_number_lower(partner_id || '|' || student_id) as one,
                md5_number_lower(other_partner_id || '|' || other_student_id) as other,
                least(one, other) as member_l, greatest(one, other) as member_r, decision, decided_at,
                rowid as place
            from vault.decision
        )
        where member_l <> member_r
        group by member_l, member_r
    """)


def refuse_contradictions(con: duckdb.DuckDBPyConnection) -> None:
    """DecisionError if children that are the same by one chain of decisions are different by another."""
    row = con.execute("""
        with recursive edges as (
            select member_l as a, member_r as b from decided where decision = 'same'
            union select member_r, member_l from decided where decision = 'same'
        ),
        reached as (
            select a as start, b as member_id from edges
            union
            select reached.start, edges.b from reached inner join edges on reached.member_id = edges.a
        )
        select count(*) from decided inner join reached
            on decided.member_l = reached.start and decided.member_r = reached.member_id
        where decided.decision = 'different'
    """).fetchone()
    if row and row[0]:
        raise DecisionError(
            f"{row[0]} decisions contradict others",
            rule="two children that a chain of decisions calls the same cannot be different",
            next_step="See `milepost identity decisions`, and decide the pair that is wrong once more",
        )


def unknown_decisions(con: duckdb.DuckDBPyConnection) -> int:
    """Decisions on children that no partner speaks of any more; they are kept until it does."""
    row = con.execute("""
        select count(*) from vault.decision as d
        where not exists (
                from (from vault.member semi join vault.mention using (member_id)) as one
                where one.partner_id = d.partner_id and one.student_id = d.student_id
            )
            or not exists (
                from (from vault.member semi join vault.mention using (member_id)) as other
                where other.partner_id = d.other_partner_id and other.student_id = d.other_student_id
            )
    """).fetchone()
    return int(row[0]) if row else 0


def _refuse_unknown(con: duckdb.DuckDBPyConnection, decisions: list[Decision]) -> None:
    for place, decision in enumerate(decisions, start=1):
        for member in (decision.one, decision.other):
            known = con.execute(
                "select 1 from vault.member where partner_id = ? and student_id = ?",
                [member.partner_id, member.student_id],
            ).fetchone()
            if not known:
                raise DecisionError(
                    f"Decision {place} is on a child that {member.partner_id!r} never spoke of",
                    rule="children are named by partner and the partner's own number",
                    next_step="Correct the number, or leave the decision out",
                )
        if decision.one == decision.other:
            raise DecisionError(
                f"Decision {place} is on one child twice", next_step="Name two children, or leave it out"
            )


def _in_force(con: duckdb.DuckDBPyConnection, keys: list[str]) -> str | None:
    row = con.execute(
        "select decision from vault.decision "
        "where (partner_id, student_id, other_partner_id, other_student_id) in ((?, ?, ?, ?), (?, ?, ?, ?)) "
        "order by decided_at desc, rowid desc limit 1",
        [*keys, *keys[2:], *keys[:2]],
    ).fetchone()
    return str(row[0]) if row else None
