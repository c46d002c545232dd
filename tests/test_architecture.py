"""Imports point one way: ingestion <- expectations <- identity, publishing <- orchestration."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
MAY_IMPORT: dict[str, set[str]] = {
    "ingestion": set(),
    "expectations": {"ingestion"},
    "identity": {"ingestion", "expectations"},
    "publishing": {"ingestion", "expectations"},
    "synthetic": set(),
    "orchestration": {"ingestion", "expectations", "identity", "publishing", "synthetic"},
}
# the rooms of ingestion, each above those it may open; what is beside them is below all
ROOMS: dict[str, set[str]] = {
    "contracts": set(),
    "configuration": {"contracts"},
    "readers": {"contracts"},
    "lake": {"contracts"},
    "drafting": {"contracts", "readers"},
    "mapping": {"contracts", "readers"},
    "connectors": {"contracts", "configuration", "lake"},
    "landing": {"contracts", "configuration", "lake", "readers", "mapping"},
}
# a command-line call that needs none of them must not wait for them
HEAVY = {"great_expectations", "dbt", "dagster", "dagster_dbt", "pandas", "pyarrow", "sqlalchemy"}
HEAVY |= {"splink", "dlt", "s3fs", "botocore", "sshfs", "asyncssh", "requests", "aiohttp"}
# one module per kind of source, imported by the function that opens a source of that kind
OF_ONE_KIND = {"sftp.py", "s3.py", "https.py", "http_session.py", "database.py", "engine.py", "edfi_api.py"}
MAY_BE_HEAVY = {"orchestration"}
# cheap enough for a process that does its work, not for every call of the command line
NOT_AT_START = HEAVY | {"duckdb", "urllib"}


def imports(path: Path, top_level_only: bool = False) -> set[str]:
    """First parts of the names a module imports; with `top_level_only`, those that importing it costs."""
    tree = ast.parse(path.read_text())
    nodes: list[ast.AST] = list(_unconditional(tree)) if top_level_only else list(ast.walk(tree))
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add((node.module or "").partition(".")[0])
    return found


def _unconditional(tree: ast.Module) -> list[ast.AST]:
    return [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_point_one_way(package: str) -> None:
    allowed = MAY_IMPORT[package] | {package}
    wrong = {
        str(path.relative_to(PROJECT)): sorted(ours)
        for path in sorted((PROJECT / package).glob("**/*.py"))
        if (ours := (imports(path) & MAY_IMPORT.keys()) - allowed)
    }
    assert wrong == {}


@pytest.mark.parametrize("room", [*ROOMS, ""])
def test_rooms_of_ingestion_open_one_way(room: str) -> None:
    allowed = ROOMS.get(room, set()) | {room}
    modules = sorted((PROJECT / "ingestion" / room).glob("*.py"))
    assert modules
    wrong = {
        str(path.relative_to(PROJECT)): sorted(opened - allowed)
        for path in modules
        if (opened := rooms(path)) - allowed
    }
    assert wrong == {}


def rooms(path: Path) -> set[str]:
    """Rooms of ingestion that a module imports from, anywhere in it."""
    nodes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)]
    parts = [(node.module or "").split(".") for node in nodes]
    return {part[1] for part in parts if part[0] == "ingestion" and len(part) > 1} & ROOMS.keys()


def test_nothing_imports_the_tests() -> None:
    wrong = [
        p for package in MAY_IMPORT for p in (PROJECT / package).glob("**/*.py") if "tests" in imports(p)
    ]
    assert wrong == []


@pytest.mark.parametrize("package", sorted(MAY_IMPORT.keys() - MAY_BE_HEAVY - {"expectations"}))
def test_heavy_libraries_are_imported_inside_functions(package: str) -> None:
    wrong = {
        str(path.relative_to(PROJECT)): sorted(heavy)
        for path in sorted((PROJECT / package).glob("**/*.py"))
        if not (path.parent.name == "connectors" and path.name in OF_ONE_KIND)
        and (heavy := imports(path, top_level_only=True) & HEAVY)
    }
    assert wrong == {}


def test_fetching_imports_the_libraries_of_a_kind_only_for_a_source_of_it() -> None:
    code = "import sys, ingestion.connectors.fetch as _; print(*sorted({m.partition('.')[0] for m in sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert set(done.stdout.split()) & HEAVY == set()


def test_the_command_line_starts_without_heavy_libraries() -> None:
    modules = [PROJECT / "orchestration" / "cli.py", PROJECT / "orchestration" / "console.py"]
    modules += sorted((PROJECT / "orchestration" / "commands").glob("*.py"))
    wrong = {str(p): heavy for p in modules if (heavy := imports(p, top_level_only=True) & NOT_AT_START)}
    assert wrong == {}
