"""The files that docs/community.md shows make a community that Milepost takes, and cover every field of it."""

import re
from pathlib import Path

from ingestion.configuration.community import load_communities
from ingestion.configuration.community_file import Agreement, CommunityFile, PublicationLevel
from ingestion.configuration.geography_changes import GeographyChangeRow
from ingestion.configuration.neighborhoods import NeighborhoodRow
from ingestion.configuration.same_places import SamePlaceRow
from ingestion.configuration.tables import CutScoreRow, TargetRow

PAGE = (Path(__file__).parents[2] / "docs" / "community.md").read_text(encoding="utf-8")


def shown(name: str) -> str:
    """The block below the heading of a file."""
    return re.findall(r"^```\w+\n(.*?)^```$", PAGE.split(f"\n## {name}\n")[1], re.M | re.S)[0]


def test_the_files_of_the_page_are_a_community(tmp_path: Path) -> None:
    folder = tmp_path / "ours"
    folder.mkdir()
    tables = (
        "cut_scores.csv",
        "targets.csv",
        "same_places.csv",
        "geography_changes.csv",
        "neighborhoods.csv",
    )
    for name in ("community.yml", "agreements.yml", *tables):
        (folder / name).write_text(shown(name), encoding="utf-8")
    partners = folder / "community.yml"
    named = "  directory: {title: D, sector: service}\n  kids_club: {title: K, sector: service}\n"
    partners.write_text(partners.read_text().replace("partners:\n", f"partners:\n{named}"))
    (community,) = load_communities(tmp_path)
    assert {row.neighborhood for row in community.neighborhoods} == {"North End", "South Bank"}
    assert [row.geography_level for row in community.geography_changes] == ["school", "tract"]
    assert [row.decision for row in community.same_places] == ["same", "different"]
    assert (community.community, len(community.cut_scores), len(community.targets)) == ("ours", 3, 2)


def test_the_page_names_every_field() -> None:
    of_community = shown("community.yml") + shown("agreements.yml")
    for model in (CommunityFile, Agreement, PublicationLevel):
        for field in model.model_fields:
            assert f"{field}:" in of_community or f"`{field}`" in PAGE, field
    tables = (
        ("cut_scores.csv", CutScoreRow),
        ("targets.csv", TargetRow),
        ("same_places.csv", SamePlaceRow),
        ("geography_changes.csv", GeographyChangeRow),
        ("neighborhoods.csv", NeighborhoodRow),
    )
    for name, row in tables:
        assert set(shown(name).splitlines()[0].split(",")) == row.model_fields.keys()
