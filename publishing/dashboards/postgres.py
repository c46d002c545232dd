"""A PostgreSQL that dashboards read: whether it answers and holds a release."""

from urllib.parse import quote, unquote, urlsplit

from publishing.dashboards.sources import DashboardError

DRIVER = "postgresql+psycopg2"
PATIENCE_SECONDS = 5


def ask_for_release(uri: str) -> tuple[str, str]:
    """The login and the URI as Superset wants it; DashboardError where there is no server or no release."""
    import psycopg

    parts = urlsplit(uri)
    if not parts.scheme.startswith("postgres") or not parts.hostname or not parts.username:
        raise DashboardError(
            "this is no URI of a PostgreSQL with a login",
            rule="a connection is written postgresql://login:password@host:port/database",
        )
    where = f"PostgreSQL at {parts.hostname}:{parts.port or 5432}{parts.path}"
    try:
        with psycopg.connect(
            parts._replace(scheme="postgresql").geturl(), connect_timeout=PATIENCE_SECONDS
        ) as session:
            session.execute("select count(*) from published.releases").fetchone()
    except psycopg.OperationalError as error:
        raise DashboardError(
            f"does not let {unquote(parts.username)} in, or does not answer",
            where=where,
            rule=str(error).strip().splitlines()[-1],
            next_step="Start it, look at login and password, or leave the option out",
        ) from None
    except psycopg.Error:
        raise DashboardError(
            f"holds no release that {unquote(parts.username)} may read",
            where=where,
            next_step="Run `milepost export postgres`, and use the login of an audience",
        ) from None
    return unquote(parts.username), parts._replace(scheme=DRIVER).geturl()


def without_password(uri: str) -> str:
    """The URI with the password as Superset masks one; it asks for it on import.

    DashboardError for what is no URI of a database.
    """
    parts = urlsplit(uri)
    if not parts.scheme or "://" not in uri:
        raise DashboardError(
            "this is no SQLAlchemy URI",
            rule="a database is named as dialect://login@host:port/database, or duckdb:////path/of/a.duckdb",
            next_step="Leave --uri out for this home's current release",
        )
    if parts.password is None:
        return uri
    login = quote(unquote(parts.username or ""))
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{login}:XXXXXXXXXX@{host}").geturl()
