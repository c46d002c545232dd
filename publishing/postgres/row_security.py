"""SQL that lets each role see its rows and columns of a schema, and nobody anything else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ingestion.sql_text import identifier, literal
from publishing.postgres.connection import Connection
from publishing.postgres.readers import ANALYST, PUBLIC, Audience, Readers, partner_role

# what default privileges of the login that exports would give to others
_GRANTED_BY_DEFAULT = """
    select distinct 'table ' || c.oid::regclass, a.grantee::regrole::text, a.grantee = 0
    from pg_catalog.pg_class as c, pg_catalog.aclexplode(c.relacl) as a
    where c.relnamespace = {schema}::regnamespace and a.grantee <> c.relowner
    union
    select distinct 'schema ' || quote_ident(n.nspname), a.grantee::regrole::text, a.grantee = 0
    from pg_catalog.pg_namespace as n, pg_catalog.aclexplode(n.nspacl) as a
    where n.oid = {schema}::regnamespace and a.grantee <> n.nspowner
"""


def deny_all(connection: Connection, schema: str) -> None:
    """Take back whatever default privileges gave on a new schema and its tables."""
    for what, grantee, is_everybody in connection.rows(_GRANTED_BY_DEFAULT.format(schema=literal(schema))):
        connection.run(f"revoke all on {what} from {'public' if is_everybody else grantee} cascade")


def release_access(
    schema: str, tables: Mapping[str, Sequence[str]], readers: Readers, audience: Audience
) -> list[str]:
    """Statements for the tables (name -> columns) of a release; a table that no rule names is left shut."""
    statements = []
    for table, columns in tables.items():
        name = f"{identifier(schema)}.{identifier(table)}"
        statements.append(f"alter table {name} enable row level security")
        if table in readers.tables:
            allowed = _allowed(table, readers, audience)
            statements += _grants(name, table, columns, allowed, readers)
            statements += _policies(name, table, readers, audience)
    return statements


def marts_access(schema: str, tables: Iterable[str]) -> list[str]:
    """Statements that let analysts alone read the marts."""
    statements = []
    for table in tables:
        name = f"{identifier(schema)}.{identifier(table)}"
        statements += [
            f"alter table {name} enable row level security",
            f"grant select on {name} to {ANALYST}",
            _policy(ANALYST, name, [ANALYST], "true"),
        ]
    return statements


def _allowed(table: str, readers: Readers, audience: Audience) -> list[str]:
    return [role for role in audience.roles if not (role == PUBLIC and table in readers.partner)]


def _grants(
    name: str, table: str, columns: Sequence[str], roles: Sequence[str], readers: Readers
) -> list[str]:
    withheld = {role: readers.withheld.get(role, {}).get(table, ()) for role in roles}
    whole = [role for role in roles if not withheld[role]]
    granted = [f"grant select on {name} to {_listed(whole)}"] if whole else []
    for role, hidden in withheld.items():
        if hidden:
            shown = _listed([column for column in columns if column not in hidden])
            granted.append(f"grant select ({shown}) on {name} to {identifier(role)}")
    return granted


def _policies(name: str, table: str, readers: Readers, audience: Audience) -> list[str]:
    if table in readers.everyone:
        return [_policy("everyone", name, list(audience.roles), "true")]
    of_partners = table in readers.partner
    policies = [_policy("all_communities", name, [ANALYST] if of_partners else [PUBLIC, ANALYST], "true")]
    for community in audience.communities:
        own, *partners = audience.members(community)
        condition = f"community_id = {literal(community)}"
        policies.append(_policy(own, name, [own] if of_partners else [own, *partners], condition))
    if of_partners:
        policies += [
            _policy(
                partner_role(partner),
                name,
                [partner_role(partner)],
                f"community_id = {literal(community)} and partner_id = {literal(partner)}",
            )
            for partner, (community, _) in audience.partners.items()
        ]
    return policies


def _policy(policy: str, name: str, roles: Sequence[str], condition: str) -> str:
    to = _listed(roles)
    return f"create policy {identifier(policy)} on {name} for select to {to} using ({condition})"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(identifier, names))
