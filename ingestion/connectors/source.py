"""The fields of sources.yml: where a partner's files or tables are, never what opens them."""

from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, field_validator, model_validator

from ingestion.contracts.file_names import unknown_placeholders
from ingestion.yaml_file import Identifier, Strict, Texts, near_miss

FOLDERS = ("sftp", "s3", "https")
DATABASES = ("postgresql", "mysql", "mariadb", "mssql", "oracle", "sqlite")
Kind = Literal["sftp", "s3", "https", "database", "edfi_api"]
Prefix = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$")]
Fingerprint = Annotated[str, StringConstraints(pattern=r"^SHA256:[A-Za-z0-9+/]{43}$")]


class Table(Strict):
    """A table or view, which of its columns and rows, and the Parquet files it becomes."""

    table: str
    columns: tuple[str, ...] = ()
    where: str | None = None
    file: str
    school_years: tuple[int, ...] = ()
    collection: Identifier = "annual"

    @model_validator(mode="after")
    def _one_file_per_year(self) -> Self:
        texts = {"file": self.file, "where": self.where or ""}
        for field, text in texts.items():
            if unknown := unknown_placeholders(text):
                step = near_miss(unknown[0], ("school_year", "collection"))
                raise ValueError(f"'{{{unknown[0]}}}' in '{field}' is no placeholder. {step}")
        if not self.file.endswith(".parquet") or "/" in self.file:
            raise ValueError("'file' is the name of a .parquet file, without a folder")
        named = ["{school_year}" in text for text in texts.values()]
        if any(named) and not self.school_years:
            raise ValueError("{school_year} is used; add 'school_years', such as [2025]")
        if len(self.school_years) > 1 and not all(named):
            raise ValueError("with several school years {school_year} must stand in both 'file' and 'where'")
        return self


class EdFiApi(Strict):
    """What of an Ed-Fi ODS/API is copied: its resources (all that the layout reads, unless named), as the
    delivery of one school year. `data`, `token` and `change_queries` are places below the url."""

    school_year: int
    resources: tuple[str, ...] = ()
    page_size: int = Field(
        default=500, ge=1, le=500
    )  # 500 is the most that a server gives unless set otherwise
    data: str = "data/v3/ed-fi"
    token: str = "oauth/token"
    change_queries: str = "changeQueries/v1/availableChangeVersions"


class Source(Strict):
    """One entry: a folder with `files`, a database with `tables`, or an `edfi_api`."""

    partner: Identifier
    url: str
    credentials: Prefix | None = None
    files: Texts = ()
    tables: tuple[Table, ...] = ()
    edfi_api: EdFiApi | None = None
    endpoint: str | None = None
    region: str | None = None
    host_key: Fingerprint | None = None
    settle_seconds: int | None = Field(default=None, ge=0, le=86_400)
    timeout_seconds: int = Field(default=60, ge=1, le=3_600)

    @field_validator("url")
    @classmethod
    def _known_scheme(cls, url: str) -> str:
        scheme = urlsplit(url).scheme.partition("+")[0]
        if scheme == "http":
            raise ValueError("http is not encrypted; use https")
        if scheme not in (*FOLDERS, *DATABASES):
            step = near_miss(scheme, (*FOLDERS, *DATABASES))
            raise ValueError(f"'{scheme}' is no kind of source. {step}")
        if scheme != "sqlite" and not urlsplit(url).hostname:
            raise ValueError("the host, or the bucket, is missing")
        _ = urlsplit(url).port  # a ValueError of its own where it is no number
        return url

    @field_validator("files")
    @classmethod
    def _known_placeholders(cls, files: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in files:
            if unknown := unknown_placeholders(pattern):
                step = near_miss(unknown[0], ("school_year", "collection"))
                raise ValueError(f"'{{{unknown[0]}}}' is no placeholder. {step}")
            if pattern.startswith("/") or ".." in pattern.split("/"):
                raise ValueError(f"'{pattern}' leaves the folder of 'url'")
        return files

    @model_validator(mode="after")
    def _fields_of_its_kind(self) -> Self:
        if self.edfi_api is not None:
            self._check_edfi_api()
            return self
        is_database = self.kind == "database"
        if is_database and (self.files or not self.tables):
            raise ValueError("a database has 'tables', and no 'files'")
        if not is_database and (self.tables or not self.files):
            raise ValueError(f"a folder ({self.kind}) has 'files', and no 'tables'")
        for field, kind in (("endpoint", "s3"), ("region", "s3"), ("host_key", "sftp")):
            if getattr(self, field) is not None and self.kind != kind:
                raise ValueError(f"'{field}' belongs to {kind}, not to {self.kind}")
        if self.endpoint and not _is_safe(self.endpoint):
            raise ValueError("'endpoint' begins with https:// (http:// only on this machine)")
        if self.kind == "sftp" and not self.credentials:
            raise ValueError("'credentials' is missing: SFTP asks who is there")
        return self

    def _check_edfi_api(self) -> None:
        if urlsplit(self.url).scheme != "https":
            raise ValueError("the url of an Ed-Fi ODS/API begins with https://")
        if self.files or self.tables or self.endpoint or self.region or self.host_key:
            raise ValueError("an Ed-Fi ODS/API has 'edfi_api', and neither 'files' nor 'tables'")
        if not self.credentials:
            raise ValueError("'credentials' is missing: an Ed-Fi ODS/API asks who is there")

    @property
    def kind(self) -> Kind:
        if self.edfi_api is not None:
            return "edfi_api"
        scheme = urlsplit(self.url).scheme
        return scheme if scheme in FOLDERS else "database"  # type: ignore[return-value]

    @property
    def depth(self) -> int:
        """How many folders below the url a pattern may look into."""
        return max((pattern.count("/") for pattern in self.files), default=0)

    @property
    def settle(self) -> int:
        """Seconds a file must have stood still; an object in S3 is there as a whole or not at all."""
        return self.settle_seconds if self.settle_seconds is not None else 0 if self.kind == "s3" else 60


class SourcesFile(Strict):
    sources: dict[Identifier, Source]


class NamedSource(Source):
    """A source with its name and the place it is written at, for errors."""

    name: str
    path: Path
    line: int

    @property
    def where(self) -> str:
        """How messages name it."""
        return f"{self.name} ({self.url.partition('?')[0]})"

    @property
    def written_at(self) -> str:
        return f"{self.path}:{self.line}"


def _is_safe(endpoint: str) -> bool:
    parts = urlsplit(endpoint)
    is_here = parts.hostname in ("localhost", "127.0.0.1", "::1")
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and is_here))
