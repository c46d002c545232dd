"""`milepost site`: which release, where to, and what it says when there is none."""

from __future__ import annotations

import json

import pytest

from tests.conftest import Deployment
from tests.publishing.site.hand_made_release import make_release


@pytest.fixture
def published(deployment: Deployment) -> Deployment:
    """A home with two releases made by hand, the second one current."""
    folder = deployment.home / "published"
    for number, notes in (("r0006", "earlier"), ("r0007", "later")):
        make_release(
            folder / number, f"update releases set release_id = '{number}', notes = 'the {notes} one'"
        )
    (folder / "current").symlink_to("r0007")
    return deployment


def test_the_current_release_goes_into_the_home(published: Deployment) -> None:
    done = published.call("site", "--json")
    assert done.exit_code == 0, done.output
    facts = json.loads(done.stdout)
    assert (facts["release_id"], facts["community_id"], facts["pages"]) == ("r0007", "tal", 16)
    assert facts["folder"] == str(published.home / "site")
    assert "the later one" in (published.home / "site" / "about.html").read_text(encoding="utf-8")


def test_another_release_goes_elsewhere(published: Deployment) -> None:
    output = published.drop / "pages"
    done = published.call("site", "--release", "r0006", "--output", output)
    assert done.exit_code == 0, done.output
    assert "16 pages of r0006" in done.output
    assert "the earlier one" in (output / "about.html").read_text(encoding="utf-8")
    assert not (published.home / "site").exists()


def test_a_site_is_in_the_access_log_once_it_is_made(published: Deployment) -> None:
    log = published.home / "access.jsonl"
    assert published.call("site", "--release", "r0001").exit_code == 2
    assert not log.exists()
    assert published.call("site", "--release", "r0006").exit_code == 0
    (line,) = map(json.loads, log.read_text(encoding="utf-8").splitlines())
    assert (line["command"], line["release"], line["rows"], line["pages"]) == ("site", "r0006", None, 16)


@pytest.mark.parametrize("asked", ["r0001", "../r0007", "current"])
def test_a_release_that_is_not_kept_is_told(published: Deployment, asked: str) -> None:
    done = published.call("site", "--release", asked)
    assert done.exit_code == 2
    assert "is kept" in done.output
    assert "Kept are r0006, r0007" in done.output


def test_without_a_release_the_next_step_is_told(deployment: Deployment) -> None:
    done = deployment.call("site")
    assert done.exit_code == 2
    assert "Nothing was published yet" in done.output
    assert "milepost refresh" in done.output


def test_a_folder_of_somebody_else_is_left_alone(published: Deployment) -> None:
    published.send("letter.txt", "dear all")
    done = published.call("site", "--output", published.drop)
    assert done.exit_code == 2
    assert "no site of Milepost" in done.output
    assert [path.name for path in published.drop.iterdir()] == ["letter.txt"]
