"""Roles of those who read: groups that nobody logs in with; a deployment grants them to its own logins."""

from __future__ import annotations

import contextlib

from ingestion.errors import MilepostError
from ingestion.sql_text import identifier, literal
from publishing.postgres.connection import Connection
from publishing.postgres.readers import Audience


class RoleError(MilepostError):
    """A role is there that is more than a group of readers."""


def make_roles(connection: Connection, audience: Audience) -> list[str]:
    """Make the roles that are not there yet; their names. RoleError before anything is changed.

    A role that is no longer configured stays, and sees nothing: no policy names it.
    """
    import psycopg

    wanted = audience.roles
    there = {
        name: (too_much, comment)
        for name, too_much, comment in connection.rows(
            "select rolname, rolcanlogin or rolsuper or rolbypassrls or rolcreaterole or rolcreatedb"
            " or rolreplication, coalesce(shobj_description(oid, 'pg_authid'), '') from pg_catalog.pg_roles"
        )
    }
    _refuse_more_than_groups(connection, [role for role in wanted if there.get(role, (False, ""))[0]])
    missing = [role for role in wanted if role not in there]
    for role in missing:
        connection.run(f"create role {identifier(role)} nologin")
    for role, comment in wanted.items():
        if there.get(role, (False, ""))[1] != comment:
            # of roles that an administrator made for this login, which then may not describe them
            with contextlib.suppress(psycopg.errors.InsufficientPrivilege):
                connection.run(f"comment on role {identifier(role)} is {literal(comment)}")
    return missing


def _refuse_more_than_groups(connection: Connection, roles: list[str]) -> None:
    if roles:
        raise RoleError.of(
            RoleError(
                f"the role '{role}' is there and may do more than a group of readers",
                where=connection.where,
                rule="It must not log in, be a superuser, create roles or databases, or bypass row security",
                next_step="Rename it, or use another server: roles are of a whole server",
            )
            for role in roles
        )
