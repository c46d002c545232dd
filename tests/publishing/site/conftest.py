"""A site of a release made by hand, and a real browser that tells what it asked for and complained of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from publishing.site.build import build_site
from tests.publishing.site.browsing import Browser
from tests.publishing.site.hand_made_release import make_release


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a release made by hand."""
    return make_release(tmp_path_factory.mktemp("release"))


@pytest.fixture(scope="session")
def site(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of it, in a folder whose name a URL must write otherwise."""
    folder = tmp_path_factory.mktemp("a site") / "Größe & #1"
    build_site(release, folder)
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Of one module only: Playwright keeps an event loop running as long as it is open."""
    with Browser.started() as one:
        yield one
