"""A deployment with one community and one partner, to send tiny files to."""

import json
from pathlib import Path

from tiny_deliveries import ATTENDANCE

from expectations.loading import load_file
from expectations.outcome import LoadOutcome
from ingestion.configuration.community import Communities, load_communities
from ingestion.home import Home
from ingestion.landing.receive import receive

HEADER = "StudentID,SchoolCode,DaysEnrolled,DaysAbsent\n"
PERSON = """\
partner: rivers
entity: person
title: Children
agreement: rivers_2024
file: "{file}"
columns:
  student_id: {{from: [StudentID], required: true}}
  gender: {{from: [Gender]}}
"""
DIPLOMA = """\
partner: rivers
entity: diploma
title: Diplomas since 2023
agreement: rivers_2024
file: "diplomas.csv"
school_year: {from: [Year]}
columns:
  student_id: {from: [StudentID], required: true}
  diploma_type: {from: [Type]}
"""


class Deployment:
    """A home, a configuration and a folder to send files from."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "communities"
        self.home = Home(root / "home")
        self.sent = root / "sent"
        self.sent.mkdir()
        river = self.folder / "river"
        (river / "extracts").mkdir(parents=True)
        (river / "crosswalks").mkdir()
        (river / "community.yml").write_text(
            "community: river\nname: River\nschool_years: {first: 2023, last: 2025}\n"
            "collections: {annual: {maturity: final}}\n"
            "partners: {rivers: {title: '<River> Schools', sector: k12}}\n"
        )
        (river / "agreements.yml").write_text(
            "agreements:\n  rivers_2024: {parties: [rivers, river], purpose: to see who is absent,"
            " starts: 2020-01-01, expires: 2999-01-01, retention_years: 7}\n"
        )
        (river / "crosswalks" / "rivers.csv").write_text(
            "field,partner_code,conformed_code,first_year,last_year\ngender,W,female,,2024\n"
        )
        self.contract("attendance", ATTENDANCE)
        self.contract("diploma", DIPLOMA)

    def contract(self, entity: str, text: str) -> None:
        (self.folder / "river" / "extracts" / f"rivers__{entity}.yml").write_text(text)

    def communities(self) -> Communities:
        return load_communities(self.folder)

    def send(self, name: str, content: str | bytes) -> Path:
        path = self.sent / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def load(self, name: str, content: str | bytes, *, check_only: bool = False) -> LoadOutcome:
        communities = self.communities()
        deliveries = receive(self.home, communities, self.send(name, content))
        return load_file(self.home, communities, deliveries, check_only=check_only)[0]

    def events(self) -> list[str]:
        return [json.loads(line)["event"] for line in self.home.ledger.read_text().splitlines()]

    def in_force(self) -> dict[str, bytes]:
        files = sorted(self.home.raw.rglob("*-*.parquet"))
        return {str(path.relative_to(self.home.raw)): path.read_bytes() for path in files}

    def written(self) -> dict[str, float]:
        files = [path for path in self.home.root.rglob("*") if path.is_file()]
        return {str(path): path.stat().st_mtime_ns for path in files if "locks" not in path.parts}
