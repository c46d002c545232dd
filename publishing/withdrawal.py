"""Taking a release out of force: it is no longer current nor usable, and its content does not come back."""

from typing import Any

import duckdb
from filelock import FileLock

from ingestion.home import Home
from ingestion.sql_text import literal
from ingestion.yaml_file import near_miss
from publishing.release_contents import ReleaseError
from publishing.release_history import (
    current_manifest,
    read_history,
    record_withdrawal,
    recover,
    withdrawals,
)
from publishing.shown_values import CONTENT, KEYS, record_shown_values

VALUES = "indicator_values.parquet"
_UNITS = f"""
    select
        (community_id, indicator_id, definition_version, school_year, collection) as unit,
        bit_xor(hash({", ".join([*KEYS, *CONTENT])})) as content
    from {{values}}
    group by all
"""
REFRESH = "Run `milepost refresh` once what was wrong with it is mended"


def withdraw_release(home: Home, release_id: str, reason: str, delete: bool = False) -> dict[str, Any]:
    """Withdraw a release; the one before becomes current. Its number is never used again.

    What is kept of it lies under withdrawn/; `delete` removes its files. Returns release_id, current (None
    where no release is left) and whether it was withdrawn already.
    """
    if not reason.strip():
        raise ReleaseError("a withdrawal needs a reason", next_step="Say why with --reason")
    home.locks.mkdir(parents=True, exist_ok=True)
    with FileLock(home.locks / "publish.lock"):
        # a publication that was killed as it ended has not recorded what everybody could see by then
        record_shown_values(home)
        entry = _entry_of(home, release_id)
        already = bool(entry["withdrawn_at"])
        if not already or delete:
            facts = (
                {}
                if already
                else {"reason": reason.strip(), "content": entry["content"], "is_allowed": False}
            )
            if already:
                facts["at"] = entry["withdrawn_at"]
            record_withdrawal(home, release_id, **facts, **({"is_deleted": True} if delete else {}))
        recover(home)
        current = current_manifest(home)
    return {
        "release_id": release_id,
        "current": current["release_id"] if current else None,
        "already": already,
        "is_deleted": delete,
    }


def allow_again(home: Home, release_id: str, reason: str) -> None:
    """Let the content of a withdrawn release be published again, under a new number."""
    if not reason.strip():
        raise ReleaseError("this needs a reason", next_step="Say why with --reason")
    home.locks.mkdir(parents=True, exist_ok=True)
    with FileLock(home.locks / "publish.lock"):
        entry = _entry_of(home, release_id)
        if not entry["withdrawn_at"]:
            raise ReleaseError(f"{release_id} was not withdrawn", next_step="`milepost releases` lists them")
        record_withdrawal(
            home, release_id, at=entry["withdrawn_at"], is_allowed=True, allowed_reason=reason.strip()
        )


def refuse_withdrawn(con: duckdb.DuckDBPyConnection, home: Home, content: str) -> None:
    """ReleaseError where the numbers of schema `warehouse.published` were withdrawn.

    A nightly refresh must not bring them back, whatever else came in meanwhile.
    """
    for release_id, line in withdrawals(home).items():
        if line.get("is_allowed"):
            continue
        if line.get("content") == content or _is_as_withdrawn(con, home, release_id):
            raise ReleaseError(
                f"these are the numbers of {release_id}, which was withdrawn ({line['reason']})",
                rule="What was withdrawn does not come back by itself",
                next_step="Mend deliveries, configuration or code and refresh again; if the numbers are right"
                f" after all: milepost release allow {release_id} --reason ...",
            )


def _is_as_withdrawn(con: duckdb.DuckDBPyConnection, home: Home, release_id: str) -> bool:
    """Whether all that a withdrawn release said otherwise than the one in force is said again as it was.

    Compared are indicators by year and collection; False where the files of either are gone.
    """
    files = [folder / VALUES for folder in (home.withdrawn_releases / release_id, home.current_release)]
    if not all(file.exists() for file in files):
        return False
    withdrawn, in_force = (f"read_parquet({literal(str(file))})" for file in files)
    (n_other, n_mended), *_ = con.execute(
        f"""
        with withdrawn as ({_UNITS.format(values=withdrawn)}),
        in_force as ({_UNITS.format(values=in_force)}),
        now as ({_UNITS.format(values="warehouse.published.indicator_values")})
        select count(*), count(*) filter (now.content is distinct from withdrawn.content)
        from withdrawn
        full join in_force using (unit)
        left join now using (unit)
        where withdrawn.content is distinct from in_force.content
        """
    ).fetchall()
    return bool(n_other) and not n_mended


def _entry_of(home: Home, release_id: str) -> dict[str, Any]:
    history = {entry["release_id"]: entry for entry in read_history(home)}
    if release_id not in history:
        raise ReleaseError(
            f"there is no release {release_id}",
            where=str(home.published),
            next_step=near_miss(release_id, history),
        )
    return history[release_id]
