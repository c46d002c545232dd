"""Folders outside the home for copies of a file that is looked at and not kept: by `check` and by `draft`."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

from ingestion.attempts import left_behind

PURPOSES = ("check", "draft")


@contextmanager
def scratch_folder(purpose: str) -> Iterator[Path]:
    """A folder of the owner's alone while the block runs; what processes that were killed left goes first."""
    for each in PURPOSES:
        for folder in left_behind(Path(gettempdir()), f"milepost-{each}-"):
            shutil.rmtree(folder, ignore_errors=True)
    with TemporaryDirectory(prefix=f"milepost-{purpose}-{os.getpid()}-") as made:
        yield Path(made)
