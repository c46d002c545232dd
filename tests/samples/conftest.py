"""Third-party extracts: found through MILEPOST_SAMPLES, read where they lie, loaded through the public commands only."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Deployment


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of third-party extracts, or a skip that says how to have them."""
    named = os.environ.get("MILEPOST_SAMPLES")
    if not named or not Path(named).is_dir():
        pytest.skip("third-party samples are absent: set MILEPOST_SAMPLES to the folder that holds them")
    return Path(named)


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Deployment]:
    """A new deployment outside the repository, by name."""
    return lambda name: Deployment(tmp_path_factory.mktemp(name))
