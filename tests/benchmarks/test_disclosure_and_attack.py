"""The benchmarks of disclosure control and of the attack hand both what they ask for, and count what they should."""

from __future__ import annotations

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
