"""Tables of a database as Parquet files, through dlt; the same rows are the same bytes."""

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa
from dlt.sources.sql_database import sql_table

from ingestion.connectors.credentials import Credentials
from ingestion.connectors.engine import engine_of, trouble_of_database
from ingestion.connectors.source import NamedSource, Table
from ingestion.errors import ContractError, FetchError
from ingestion.yaml_file import near_miss

ROWS_A_PIECE = 50_000
_MOST_DIGITS = 38
_NOT_ORDERED = (sa.JSON, sa.ARRAY, sa.LargeBinary, sa.types.NullType)


class Database:
    """The tables of a source; every read is one statement in a transaction that cannot write."""

    def __init__(self, source: NamedSource, credentials: Credentials) -> None:
        self._source = source
        self._engine = engine_of(source, credentials)
        # what Arrow has no type for (json, an enum, a numeric of any length) PostgreSQL writes as text;
        # others cut what they cast, and dlt finds a type of its own
        self._writes_text = self._engine.dialect.name == "postgresql"

    def write(self, table: Table, school_year: int | None, target: Path) -> None:
        """Write the rows of a table, of one school year where it is asked for by year, to `target`."""
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            pieces = iter(self._pieces(table, school_year))
            first = next(pieces, None)
            if first is None:
                raise self._empty(table, school_year)
            # one thread, one row group a piece and no statistics of the writer's choosing: bytes that repeat
            schema = _settled(first.schema)
            with pq.ParquetWriter(target, schema, compression="zstd") as writer:
                for piece in itertools.chain([first], pieces):
                    writer.write_table(piece.cast(schema), row_group_size=ROWS_A_PIECE)
        except (FetchError, ContractError):
            raise
        except Exception as error:
            raise trouble_of_database(error, self._source, f"the table '{table.table}'") from None

    def close(self) -> None:
        self._engine.dispose()

    def _pieces(self, table: Table, school_year: int | None) -> Iterator[pa.Table]:
        reflected = self._reflected(table)
        query = self._query(reflected, table, school_year)
        schema, _, name = table.table.rpartition(".")
        rows: Any = sql_table(
            credentials=self._engine,
            table=name,
            schema=schema or None,
            metadata=reflected.metadata,
            included_columns=list(table.columns) or None,
            chunk_size=ROWS_A_PIECE,
            backend="pyarrow",
            reflection_level="full_with_precision",
            type_adapter_callback=_as_text if self._writes_text else None,
            query_adapter_callback=lambda _query, _table: query,
        )
        return iter(rows)

    def _reflected(self, table: Table) -> sa.Table:
        schema, _, name = table.table.rpartition(".")
        try:
            return sa.Table(name, sa.MetaData(schema=schema or None), autoload_with=self._engine)
        except sa.exc.NoSuchTableError:
            with self._engine.connect() as connection:
                look = sa.inspect(connection)
                known = [*look.get_table_names(schema or None), *look.get_view_names(schema or None)]
            step = near_miss(name, known) + " Or the account may not see it"
            raise self._misconfigured(f"there is no table or view '{table.table}'", step) from None

    def _query(self, reflected: sa.Table, table: Table, school_year: int | None) -> sa.Select[Any]:
        """The rows in an order that their own values give, so that it is the same at each reading."""
        names = table.columns or tuple(column.name for column in reflected.columns)
        for name in names:
            if name not in reflected.columns:
                step = near_miss(name, reflected.columns.keys())
                raise self._misconfigured(f"'{table.table}' has no column '{name}'", step)
        columns = [reflected.columns[name] for name in names]
        read = [_read(column) for column in columns] if self._writes_text else columns
        query = sa.select(*read)
        if table.where:
            where = re.sub(r"(?<!:):(?!:)", r"\:", table.where)  # a colon of theirs is no parameter
            values = {"school_year": school_year, "collection": table.collection}
            named = {name: value for name, value in values.items() if f"{{{name}}}" in where}
            for name in named:
                where = where.replace(f"{{{name}}}", f":{name}")
            query = query.where(sa.text(where).bindparams(**named))
        key = list(reflected.primary_key.columns)
        return query.order_by(*(key or [c for c in read if not isinstance(c.type, _NOT_ORDERED)]))

    def _misconfigured(self, what: str, step: str) -> ContractError:
        return ContractError(what, where=self._source.written_at, next_step=step)

    def _empty(self, table: Table, school_year: int | None) -> FetchError:
        of_year = f" for {school_year}" if school_year else ""
        return FetchError(
            f"the table '{table.table}' has no rows{of_year}",
            where=self._source.where,
            rule="Nothing is no delivery: what was in force before still is",
            next_step=f"Check 'where' and 'school_years' in {self._source.written_at}, or ask the partner",
        )


def _settled(schema: pa.Schema) -> pa.Schema:
    """A column of a kind that Arrow does not know may begin with nothing but nulls; it is text."""
    fields = [field.with_type(pa.string()) if pa.types.is_null(field.type) else field for field in schema]
    return pa.schema(fields)


def _is_plain(kind: Any) -> bool:
    """Whether values of a type come unchanged; numerics only with the precision that Arrow asks for."""
    if isinstance(kind, sa.Float | sa.Enum):
        return False
    if isinstance(kind, sa.Numeric):
        return kind.precision is not None and kind.precision <= _MOST_DIGITS
    return isinstance(kind, sa.Integer | sa.Boolean | sa.Date | sa.DateTime | sa.String)


def _as_text(kind: Any) -> Any:
    return kind if _is_plain(kind) else sa.Text()


def _read(column: sa.Column[Any]) -> Any:
    return column if _is_plain(column.type) else sa.cast(column, sa.Text()).label(column.name)
