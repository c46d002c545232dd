"""What no file of the repository may say."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# an address of a package registry ties everybody to it; a folder of one machine helps nobody else
REGISTRIES = [f"{name}.org" for name in ("pypi", "pythonhosted", "npmjs", "anaconda")]
FOLDERS = re.compile(r"(?<![\w.$}~-])/(?:work|root|home/[a-z]\w+|Users/\w+|opt/py\w*)/")


def tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.skip("not a clone: there is no list of its files")
    return [ROOT / name for name in done.stdout.split("\0") if name]


def test_no_file_names_a_package_registry_or_a_folder_of_one_machine() -> None:
    found = []
    for path in tracked():
        content = path.read_bytes()
        if b"\0" in content:
            continue
        for number, line in enumerate(content.decode().splitlines(), start=1):
            if any(name in line for name in REGISTRIES) or FOLDERS.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    assert found == []
