"""A deployment outside the repository, driven by the `milepost` command alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import NamedTuple

import pytest

# so that no test leaves a key in the configuration folder of who runs it
os.environ.setdefault("MILEPOST_VAULT_KEY", "a key for the vaults of tests")
COMMAND = Path(sys.executable).with_name("milepost")


class Done(NamedTuple):
    """How a command ended."""

    exit_code: int
    output: str  # of stdout and stderr
    stdout: str


class Deployment:
    """A configuration folder and a home of its own; commands run in this process unless asked for one apart."""

    def __init__(self, folder: Path) -> None:
        self.communities = folder / "configuration"
        self.home = folder / "home"
        self.drop = folder / "from_partners"
        self.drop.mkdir(parents=True, exist_ok=True)

    @property
    def environment(self) -> dict[str, str]:
        return {"MILEPOST_HOME": str(self.home), "MILEPOST_COMMUNITIES": str(self.communities)}

    def write(self, name: str, text: str) -> Path:
        """A configuration file, its text dedented."""
        path = self.communities / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"))
        return path

    def send(self, name: str, content: str | bytes) -> Path:
        """A partner's file, byte for byte."""
        path = self.drop / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def call(self, *arguments: str | Path) -> Done:
        """The command in this process: fast, since heavy libraries are imported once."""
        from typer.testing import CliRunner

        from orchestration.cli import app

        result = CliRunner().invoke(app, [str(argument) for argument in arguments], env=self.environment)
        return Done(result.exit_code, result.output, result.stdout)

    def run(self, *arguments: str | Path, expected: int = 0, seconds: float = 900) -> str:
        """The installed command in a process of its own; standard output."""
        done = subprocess.run(
            [str(COMMAND), *map(str, arguments)],
            env=os.environ | self.environment,
            capture_output=True,
            text=True,
            timeout=seconds,
        )
        assert done.returncode == expected, (
            f"{arguments}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        )
        return done.stdout

    def query(self, sql: str) -> list[dict[str, object]]:
        rows: list[dict[str, object]] = json.loads(self.run("query", sql, "--json"))
        return rows


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    return Deployment(tmp_path)
