"""A site of a release made by hand, and a real browser that tells what it asked for and complained of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from publishing.site.build import MapOf, build_site
from tests.publishing.site.browsing import Browser
from tests.publishing.site.hand_made_release import make_map, make_release


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a release made by hand."""
    return make_release(tmp_path_factory.mktemp("release"))


@pytest.fixture(scope="session")
def map_of(tmp_path_factory: pytest.TempPathFactory) -> MapOf:
    """Its places on a map."""
    map_file = make_map(tmp_path_factory.mktemp("map"))
    return lambda _: map_file


@pytest.fixture(scope="session")
def site(release: Path, map_of: MapOf, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of it with a map, in a folder whose name a URL must write otherwise."""
    folder = tmp_path_factory.mktemp("a site") / "Größe & #1"
    build_site(release, folder, map_of=map_of)
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Of one module only: Playwright keeps an event loop running as long as it is open."""
    with Browser.started() as one:
        yield one
