"""Raw tables as Dagster assets: a partition and a gate check for each delivery."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from ingestion.contracts.entities import CANONICAL, Entity, load_entities
from ingestion.home import Home
from orchestration.loads import load_all
from orchestration.notification import told_without_values
from orchestration.partitions import GATE, raw_key
from orchestration.received import latest_deliveries
from orchestration.settings import OWNERS


def deliveries_partitions(entity: str) -> dg.DynamicPartitionsDefinition:
    """The deliveries of one entity that arrived or fell due: one without data is an overdue one."""
    return dg.DynamicPartitionsDefinition(name=f"deliveries/{entity}")


def raw_assets(home: Home) -> list[dg.AssetsDefinition]:
    """One asset per canonical entity."""
    return [_raw_asset(home, entity) for entity in load_entities().values()]


def _raw_asset(home: Home, entity: Entity) -> dg.AssetsDefinition:
    key, partitions = raw_key(entity.entity), deliveries_partitions(entity.entity)

    @dg.multi_asset(
        name=f"raw__{entity.entity}",
        specs=[
            dg.AssetSpec(
                key,
                description=f"{entity.title}: {entity.grain}. One partition per delivery, `partner|period`.",
                group_name="raw" if entity.standard == CANONICAL else f"raw_{entity.standard}",
                owners=list(OWNERS),
                kinds={"parquet", "greatexpectations"},
                tags={"layer": "raw"},
                metadata={"dagster/column_schema": _columns(entity), "folder": str(home.raw / entity.entity)},
                skippable=True,
            )
        ],
        check_specs=[
            dg.AssetCheckSpec(
                GATE,
                asset=key,
                partitions_def=partitions,
                description="The contract's rules: accepted, accepted with quarantine (warning), "
                "or rejected (error; what was in force before stays in force).",
            )
        ],
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        can_subset=True,
        required_resource_keys={"progress"},
    )
    def raw_table(context: dg.AssetExecutionContext) -> Iterator[Any]:
        deliveries = latest_deliveries(home, entity.entity, set(context.partition_keys))
        with told_without_values():
            load_all(context, home, deliveries, context.resources.progress)
        yield from ()

    return raw_table


def _columns(entity: Entity) -> dg.TableSchema:
    return dg.TableSchema(
        [
            dg.TableColumn(name, column.sql_type.lower(), column.description)
            for name, column in entity.columns.items()
        ]
    )
