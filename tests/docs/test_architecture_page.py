"""The job that docs/architecture.md gives for copying releases out of a home does what the page says."""

import os
import re
import stat
import subprocess
from pathlib import Path

from ingestion.home import Home
from publishing.release_contents import DATABASE

PAGE = (Path(__file__).parents[2] / "docs" / "architecture.md").read_text(encoding="utf-8")
(JOB,) = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.M | re.S)


def make_current(home: Home, release_id: str) -> None:
    folder = home.release_folder(release_id)
    folder.mkdir(parents=True)
    (folder / DATABASE).write_text(release_id)
    (folder / DATABASE).chmod(0o600)
    folder.chmod(0o700)
    home.current_release.unlink(missing_ok=True)
    home.current_release.symlink_to(release_id)


def copy_out(home: Home, shared: Path) -> None:
    places = {"MILEPOST_HOME": str(home.root), "SHARED": str(shared)}
    subprocess.run(["sh", "-c", f"umask 077\n{JOB}"], env=os.environ | places, check=True)


def test_each_release_is_copied_once_for_others_to_read_and_the_last_is_current(tmp_path: Path) -> None:
    home, shared = Home(tmp_path / "home"), tmp_path / "shared"
    shared.mkdir()
    for release_id in ("r0001", "r0001", "r0002"):
        if not home.release_folder(release_id).exists():
            make_current(home, release_id)
        copy_out(home, shared)
        assert (shared / "current" / DATABASE).read_text() == release_id
    assert sorted(path.name for path in shared.iterdir()) == ["current", "r0001", "r0002"]
    for path in (shared / "r0002", shared / "r0002" / DATABASE):
        assert stat.S_IMODE(path.stat().st_mode) & 0o055 == (0o055 if path.is_dir() else 0o044)


def test_the_page_names_the_database_as_it_is() -> None:
    assert f"$SHARED/current/{DATABASE}" in PAGE
