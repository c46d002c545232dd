"""The example of docs/connectors.md is a sound sources.yml of its four kinds."""

import re
from pathlib import Path
from textwrap import indent

from ingestion.connectors.sources_file import load_sources
from tests.ingestion.configuration import COMMUNITY, millbrook

PAGE = (Path(__file__).parents[2] / "docs" / "connectors.md").read_text(encoding="utf-8")


def test_the_example_is_read_as_it_stands(tmp_path: Path) -> None:
    (example,) = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.M | re.S)
    partners = "our_district: {title: D, sector: k12}\nour_college: {title: C, sector: postsecondary}\n"
    community = COMMUNITY.replace("    disclosure:", f"{indent(partners, '      ')}    disclosure:")
    sources = load_sources(millbrook(tmp_path, **{"community.yml": community, "sources.yml": example}))
    assert [source.kind for source in sources.values()] == ["sftp", "s3", "https", "database"]
