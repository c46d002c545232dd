"""What a build reads: the lake of one moment, without what no agreement covers, nor who is left out."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING

from ingestion.home import Home
from orchestration.settings import load_configuration

if TYPE_CHECKING:
    from orchestration.progress import Progress


def take_covered_snapshot(home: Home, progress: Progress) -> Home:
    """Take the children on the list of opt-outs out of the lake, if it changed, then a snapshot of the rest.

    Extracts without a live agreement are not in it. The caller holds the warehouse.
    """
    from identity.opt_outs import open_withheld
    from ingestion.lake.lake import take_snapshot
    from ingestion.lake.redaction import keep_out
    from orchestration.writer import one_loader

    withheld = open_withheld(home)
    if withheld and not is_kept_out(home):
        with one_loader(home, progress):
            keep_out(home, withheld)
    return take_snapshot(home, left_out_today(home))


def left_out_today(home: Home) -> dict[str, str]:
    """Extract in force -> why it counts in no release today."""
    from ingestion.lake.ledger import Ledger
    from orchestration.agreements import without_agreement

    return without_agreement(load_configuration(), Ledger(home.ledger).state(), dt.date.today())


def left_out_of(snapshot: Home) -> dict[str, str]:
    """Extract -> why it is not in a snapshot."""
    file: Path = snapshot.left_out
    found: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    return found


def is_kept_out(home: Home) -> bool:
    """Whether the lake was gone through with the list of opt-outs as it is now."""
    from ingestion.withheld import read_entries, version_of

    entries = read_entries(home.opt_outs)
    return not entries or (home.kept_out.exists() and home.kept_out.read_text() == version_of(entries))
