"""Taking a release out of force: it is no longer current nor usable, and its content does not come back."""

from typing import Any

from filelock import FileLock

from ingestion.home import Home
from ingestion.yaml_file import near_miss
from publishing.release_contents import ReleaseError
from publishing.release_history import (
    current_manifest,
    read_history,
    record_withdrawal,
    recover,
    withdrawals,
)

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


def refuse_withdrawn(home: Home, content: str) -> None:
    """ReleaseError where this content was withdrawn: a nightly refresh must not bring it back."""
    for release_id, line in withdrawals(home).items():
        if line.get("content") == content and not line.get("is_allowed"):
            raise ReleaseError(
                f"these are the numbers of {release_id}, which was withdrawn ({line['reason']})",
                rule="What was withdrawn does not come back by itself",
                next_step="Mend deliveries, configuration or code and refresh again; if the numbers are right"
                f" after all: milepost release allow {release_id} --reason ...",
            )


def _entry_of(home: Home, release_id: str) -> dict[str, Any]:
    history = {entry["release_id"]: entry for entry in read_history(home)}
    if release_id not in history:
        raise ReleaseError(
            f"there is no release {release_id}",
            where=str(home.published),
            next_step=near_miss(release_id, history),
        )
    return history[release_id]
