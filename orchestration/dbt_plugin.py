"""What dbt-duckdb calls when it opens its database: the warehouse is attached with its key."""

from pathlib import Path

from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection

from ingestion.home import Home
from ingestion.spill import spill_below
from ingestion.warehouse_file import attach_warehouse_to_write


class Plugin(BasePlugin):
    """Named in dbt_project/profiles.yml; the name is dbt-duckdb's."""

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Attach the file of the profile; what does not fit into memory is encrypted, below its `spill`."""
        assert self.creds is not None
        assert self.creds.attach is not None
        (warehouse,) = self.creds.attach
        home = Home(Path(warehouse.path).parent)
        spill_below(conn, home.spill)
        attach_warehouse_to_write(conn, home)
