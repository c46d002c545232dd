"""What stays of a purge: what was removed, and what a search found, without a child's value."""

from __future__ import annotations

import datetime as dt
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingestion.wording import visible

if TYPE_CHECKING:
    from ingestion.home import Home
    from orchestration.purging.inventory import Place
    from orchestration.purging.subjects import Subject

PENDING = ".pending.json"
KEPT = {
    "ledger.jsonl": "names, hashes and counts of files: what was loaded, and that it was purged",
    "gate": "which rules each delivery broke, as counts",
    "published": "releases, withdrawn ones too, hold counts of groups, and no row of a child",
    "released, reference": "values and inputs that the next release is compared with, and configuration",
    "access.jsonl": "who released, exported, purged or asked what; never what was found",
    "receipts": "this receipt and those before it",
    "backups": "copies outside this home are not Milepost's to remove: see to them",
}


@dataclass(frozen=True)
class Receipt:
    """A purge, begun (`finished_at` is None) or done. `searched` is what the search afterwards looked at."""

    purge_id: str
    kind: str
    key: str
    title: str
    by: str
    why: str
    began_at: str
    removed: list[dict[str, Any]]
    deliveries: list[str] = field(default_factory=list)
    finished_at: str | None = None
    release: str | None = None
    searched: dict[str, Any] = field(default_factory=dict)

    @property
    def is_proven(self) -> bool:
        """Whether everything was searched, and nothing was found."""
        return bool(self.searched) and not self.searched["found_in"] and not self.searched.get("unsure")


def draft_receipt(subject: Subject, places: Iterable[Place], by: str, why: str) -> Receipt:
    """What is about to be removed, written nowhere yet."""
    now = _now()
    return Receipt(
        purge_id=f"{now[:10]}-{secrets.token_hex(4)}",
        kind=subject.kind,
        key=subject.key,
        title=subject.title,
        by=by,
        why=why,
        began_at=now,
        removed=[place.facts() for place in places],
        deliveries=[*subject.load_ids],
    )


def begin_receipt(home: Home, receipt: Receipt) -> Receipt:
    """Write it down, so that a purge that is killed from here on is finished under this receipt."""
    _write(home.receipts / f"{receipt.purge_id}{PENDING}", _json(receipt))
    return receipt


def pending(home: Home) -> list[Receipt]:
    """Purges that were begun and not finished."""
    return [_read(path) for path in sorted(home.receipts.glob(f"*{PENDING}"))]


def receipts(home: Home) -> list[Receipt]:
    """Purges that are done."""
    found = sorted(home.receipts.glob("*.json"))
    return [_read(path) for path in found if not path.name.endswith(PENDING)]


def finish_receipt(
    home: Home, receipt: Receipt, searched: dict[str, Any], release: str | None
) -> tuple[Receipt, Path]:
    """Write the receipt as JSON and as text; the file of the text."""
    done = replace(receipt, finished_at=_now(), searched=searched, release=release)
    text = home.receipts / f"{receipt.purge_id}.txt"
    _write(text, as_text(done))
    _write(home.receipts / f"{receipt.purge_id}.json", _json(done))
    (home.receipts / f"{receipt.purge_id}{PENDING}").unlink(missing_ok=True)
    return done, text


def as_text(receipt: Receipt) -> str:
    """The receipt for people."""
    lines = [
        f"Receipt {receipt.purge_id}",
        f"Destroyed: {receipt.title}",
        f"By {receipt.by}, begun {receipt.began_at}, finished {receipt.finished_at}",
        *([f"Why: {receipt.why}"] if receipt.why else []),
        "",
        "Removed, or written anew without it:",
    ]
    for place in receipt.removed:
        files = f"{place['n_files']:,} files" if place["n_files"] else ""
        rows = f"{place['n_rows']:,} rows" if place["n_rows"] is not None else ""
        lines.append(f"  {place['place']}: {', '.join(part for part in (files, rows) if part)}")
        lines += [f"    sha256 {digest}" for digest in place["sha256"]]
    lines += [
        "  identity, snapshot, warehouse: removed, and built anew without it",
        "  released: the hidden counts of earlier releases",
        "",
    ]
    lines += [
        "Kept, since no row of a child is in it:",
        *(f"  {name}: {why}" for name, why in KEPT.items()),
        "",
    ]
    searched = receipt.searched
    lines.append(
        f"Searched afterwards: {searched['n_files']:,} files, {searched['n_bytes']:,} bytes, for"
        f" {searched['n_texts']:,} numbers and names; lake and vault row by row."
    )
    if searched.get("not_searched"):
        lines.append("Not searched: demo, which the made-up community is written from.")
    if searched["found_in"]:
        lines += ["Found, and to be looked at:", *(f"  {file}" for file in searched["found_in"])]
    elif receipt.is_proven:
        lines.append("Found: nothing.")
    else:
        lines.append("Found in all other files: nothing.")
    lines += unsure_lines(searched.get("unsure", {}))
    return "\n".join(lines) + "\n"


def unsure_lines(unsure: Mapping[str, str]) -> list[str]:
    """What to tell of files that could not be searched for certain, by their names in the home; and why."""
    if not unsure:
        return []
    return [
        "Not searched for certain, so this is no proof that they tell of nobody:",
        *(visible(f"  {file}: {why}") for file, why in sorted(unsure.items())),
        "  Open each by hand. Delete one that tells of who was to go, and have it sent again without them.",
    ]


def _json(receipt: Receipt) -> str:
    return json.dumps({**asdict(receipt), "kept": KEPT, "is_proven": receipt.is_proven}, indent=1) + "\n"


def _read(path: Path) -> Receipt:
    found = json.loads(path.read_text())
    return Receipt(**{name: found[name] for name in Receipt.__dataclass_fields__ if name in found})


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(text)
    draft.replace(path)


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
