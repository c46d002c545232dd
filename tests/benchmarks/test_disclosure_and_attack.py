"""The benchmarks of disclosure control and of the attack hand both what they ask for, and count what they should."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from benchmarks import attack
from benchmarks.attack import Size
from benchmarks.attack import measure as measure_attack
from benchmarks.disclosure import measure


def test_a_small_community_is_protected_and_what_it_costs_is_told() -> None:
    told = measure(600, indicators=1, plan="P4")
    # 600 children over 200 tracts alone are small groups; nothing but small groups needs protection
    assert told["hidden_primary"] > 0
    assert 0 < told["denominators"] <= told["hidden_complementary"] / told["cells"]
    assert told["cpu_seconds"] > 0


def test_a_small_community_is_attacked_and_nothing_is_found() -> None:
    told = measure_attack(Size(children=600, indicators=1))
    assert told["attacked"] == told["indicator_years"] == 1
    assert told["hidden"] > 0
    assert told["findings"] == 0


# 40 less 38: at most two are of the hidden group, and nothing here says whether that harms anybody
VALUES = """
    select 'c' as community_id, 'i' as indicator_id, 'v1' as definition_version, 2025 as school_year,
        'annual' as collection, 'community' as geography_level, 'c' as geography_id, disaggregate, subgroup,
        denominator::bigint as denominator, numerator::bigint as numerator, numerator / denominator as value,
        null::double as value_low, null::double as value_high, suppression
    from (values
        ('all', 'all', 40, 20, ''), ('gender', 'female', 38, 19, ''), ('gender', 'male', null, null, 'suppressed')
    ) as told (disaggregate, subgroup, denominator, numerator, suppression)
"""
GEOGRAPHIES = """
    select 'c' as community_id, 'school' as geography_level, 's' as geography_id, 'community' as parent_level,
        'c' as parent_id
"""


def test_without_marts_what_cannot_be_judged_is_counted_and_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "published" / "r0001"
    folder.mkdir(parents=True)
    for name, query in (("indicator_values", VALUES), ("geographies", GEOGRAPHIES)):
        duckdb.sql(f"copy ({query}) to '{folder / name}.parquet' (format parquet)")
    monkeypatch.setattr("sys.argv", ["attack", "--release", str(folder)])
    attack.main()
    told, said = capsys.readouterr()
    assert '"findings": 0' in told
    assert '"not_judged": 0' not in told
    assert said.count("could not be judged") == 1
    assert len(said.splitlines()) == 1


def test_help_says_what_a_release_is_judged_by(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["attack", "--help"])
    with pytest.raises(SystemExit):
        attack.main()
    assert "not_judged" in capsys.readouterr().out
