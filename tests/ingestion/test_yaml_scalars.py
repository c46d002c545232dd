"""What a scalar of a configuration file means: YAML 1.2, as most people who write one expect."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from ingestion.yaml_file import as_written, read_yaml


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("NO", "NO"),  # Norway, and a school's code
        ("on", "on"),
        ("08-15", "08-15"),
        ("12:30", "12:30"),  # no number to the base of sixty
        ("1_000", "1_000"),
        ("0x1F", "0x1F"),
        ("'7'", "7"),
        ("010", 10),
        ("-3", -3),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("true", True),
        ("~", None),
        ("", None),
        ("2025-09-12", dt.date(2025, 9, 12)),
        ("2025-02-30", "2025-02-30"),
        ("!!python/name:os.system", ""),
    ],
)
def test_a_scalar_is_what_it_looks_like(tmp_path: Path, written: str, meant: object) -> None:
    file = tmp_path / "it.yml"
    file.write_text(f"it: {written}\n")
    found = read_yaml(file).data["it"]
    assert found == meant
    assert isinstance(found, type(meant))


@pytest.mark.parametrize("written", ["010", "1.50", "'010'"])
def test_a_code_that_looks_like_a_number_keeps_its_spelling(tmp_path: Path, written: str) -> None:
    file = tmp_path / "it.yml"
    file.write_text(f"it: {written}\n")
    assert as_written(read_yaml(file).data["it"]) == written.strip("'")
