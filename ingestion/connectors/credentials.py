"""What opens a source: values of environment variables with its prefix, in no message and no repr."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ingestion.connectors.source import NamedSource
from ingestion.errors import ContractError


@dataclass(frozen=True)
class Credentials:
    """Values by the part of the variable's name after the prefix; nothing of them is shown."""

    source: NamedSource
    values: Mapping[str, str] = field(repr=False)

    def get(self, name: str) -> str | None:
        """The value of `<prefix>_<name>`; None where it is not set or empty."""
        return self.values.get(name) or None

    def need(self, *names: str) -> str:
        """The first of these that is set; ContractError names the missing variables."""
        for name in names:
            if value := self.get(name):
                return value
        variables = " or ".join(f"{self.source.credentials}_{name}" for name in names)
        raise ContractError(
            f"the source '{self.source.name}' needs the environment variable {variables}",
            where=self.source.written_at,
            next_step="Set it for the process that fetches, and never in a file of the configuration",
        )

    def file(self, name: str) -> Path | None:
        """The file that `<prefix>_<name>` names; ContractError where it cannot be read."""
        value = self.get(name)
        if value is None:
            return None
        path = Path(value).expanduser()
        if not path.is_file() or not os.access(path, os.R_OK):
            raise ContractError(
                f"the file that {self.source.credentials}_{name} names cannot be read",
                where=self.source.written_at,
                next_step="Check the path, and the rights of the user that fetches",
            )
        return path


def credentials_of(source: NamedSource, environment: Mapping[str, str] = os.environ) -> Credentials:
    """The credentials of a source as the environment has them now; which are needed, its kind says."""
    prefix = f"{source.credentials}_"
    if source.credentials is None:
        return Credentials(source, {})
    return Credentials(
        source, {name.removeprefix(prefix): v for name, v in environment.items() if name.startswith(prefix)}
    )
