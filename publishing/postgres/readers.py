"""Who may see which rows and columns of a release: readers.yml and the communities' own configuration."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ingestion.configuration.community import Communities
from ingestion.errors import ContractError
from ingestion.yaml_file import Strict, read_yaml, validate

READERS = Path(__file__).with_name("readers.yml")
PUBLIC = "public_reader"  # `public` itself is PostgreSQL's word for everybody who can log in
ANALYST = "analyst"
LONGEST_NAME = 63  # PostgreSQL cuts longer names without an error, and two may then be one


class Readers(Strict):
    """Tables by whose rows a reader sees, and columns (audience -> table -> columns) that are not granted."""

    everyone: tuple[str, ...]
    community: tuple[str, ...]
    partner: tuple[str, ...]
    withheld: dict[str, dict[str, tuple[str, ...]]]

    @property
    def tables(self) -> set[str]:
        """Every table that somebody may read."""
        return {*self.everyone, *self.community, *self.partner}


@dataclass(frozen=True)
class Audience:
    """The roles of a deployment: role -> its community's id, or its partner's; both with names for people."""

    communities: Mapping[str, str]  # community_id -> name
    partners: Mapping[str, tuple[str, str]]  # partner_id -> community_id, title

    @property
    def roles(self) -> dict[str, str]:
        """role -> what the comment on it says."""
        return {
            PUBLIC: "Milepost: sees what is published of every community.",
            ANALYST: "Milepost: sees all of a release, and the marts where they are exported.",
            **{
                community_role(one): f"Milepost: sees what is published of {name}."
                for one, name in self.communities.items()
            },
            **{
                partner_role(one): f"Milepost: sees what is published of the community of {title}, and what"
                " became of its own deliveries."
                for one, (_, title) in self.partners.items()
            },
        }

    def members(self, community: str) -> list[str]:
        """Roles of those who see the numbers of a community: its own and those of its partners."""
        partners = [partner_role(one) for one, (home, _) in self.partners.items() if home == community]
        return [community_role(community), *partners]


def load_readers(path: Path = READERS) -> Readers:
    """The rules of readers.yml; ContractError where they cannot be read."""
    return _read(path)


@cache
def _read(path: Path) -> Readers:
    parsed, problems, _ = validate(read_yaml(path), Readers)
    if parsed is None or problems:
        raise ContractError.of(problems)
    return parsed


def audience_of(communities: Communities) -> Audience:
    """The roles of every configured community and partner; ContractError where a name is too long for one."""
    found = Audience(
        {one.community: one.name for one in communities},
        {
            partner: (one.community, facts.title)
            for one in communities
            for partner, facts in one.partners.items()
        },
    )
    too_long = [role for role in found.roles if len(role.encode()) > LONGEST_NAME]
    if too_long:
        raise ContractError.of(
            ContractError(
                f"the role '{role}' would be {len(role.encode())} characters long",
                where=str(communities.folder),
                rule=f"PostgreSQL cuts names after {LONGEST_NAME} characters",
                next_step="Give the community or partner a shorter id",
            )
            for role in too_long
        )
    return found


def community_role(community: str) -> str:
    return f"community_{community}"


def partner_role(partner: str) -> str:
    return f"partner_{partner}"
