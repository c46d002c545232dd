"""What every test of identity has: a key of its own, whatever the shell that runs it has set."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    # the vault's is the one of tests/conftest.py: modules that share a vault make it before this runs
    monkeypatch.setenv("MILEPOST_PERSON_KEY", "a key for tests")
