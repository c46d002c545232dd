"""What surrounds dbt on the way to a release: configuration and identity before it, the release after it."""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg

from ingestion.home import Home
from orchestration.notification import told_without_values
from orchestration.progress import Progress
from orchestration.settings import OWNERS, load_configuration
from orchestration.snapshots import take_covered_snapshot
from orchestration.warehouse import FINGERPRINT, TRANSLATOR, build, selection_of
from publishing.dbt_project import DBT_PROJECT

WRITES = {"writer", "progress"}
PLACES = (["identity", "place_links"], ["identity", "places"])


def reference_keys(manifest: Mapping[str, Any]) -> list[dg.AssetKey]:
    """The assets that hold the communities' configuration."""
    return sorted(_sources(manifest, "reference"))


def _sources(manifest: Mapping[str, Any], source: str) -> list[dg.AssetKey]:
    """The keys dbt's sources of this name have, so that lineage runs through."""
    nodes = manifest["sources"].values()
    return [TRANSLATOR.get_asset_key(node) for node in nodes if node["source_name"] == source]


def _models(manifest: Mapping[str, Any], layer: str) -> list[dg.AssetKey]:
    nodes = manifest["nodes"].values()
    return [
        TRANSLATOR.get_asset_key(node)
        for node in nodes
        if node["resource_type"] == "model" and node["fqn"][1] == layer
    ]


def surrounding_assets(manifest: Mapping[str, Any], home: Home) -> list[dg.AssetsDefinition]:
    """Configuration, identity and release, in the order a refresh runs them."""
    return [
        _reference(manifest, home),
        _identity(manifest, home),
        _place_links(manifest, home),
        _release(manifest, home),
    ]


def delivery_records(manifest: Mapping[str, Any], raw: list[dg.AssetKey]) -> list[dg.AssetSpec]:
    """Gate results and the ledger: every load writes them beside the raw tables; shown here, not run."""
    return [
        dg.AssetSpec(
            key,
            deps=raw,
            group_name="raw",
            owners=list(OWNERS),
            kinds={kind},
            description=f"{text} Written by each load.",
        )
        for source, kind, text in (
            ("gate", "parquet", "Every rule checked at the gate, per delivery."),
            ("ledger", "json", "What became of every delivery, by the append-only ledger."),
        )
        for key in _sources(manifest, source)
    ]


def _reference(manifest: Mapping[str, Any], home: Home) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name="reference",
        specs=[
            dg.AssetSpec(
                key,
                description="The communities' configuration, as a table that dbt reads.",
                group_name="reference",
                owners=list(OWNERS),
                kinds={"yaml", "parquet"},
            )
            for key in reference_keys(manifest)
        ],
        required_resource_keys=WRITES,
    )
    def reference(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        with told_without_values():
            write_configuration(home, manifest)
            context.resources.progress.building("reference", 1, 1)
            for key in sorted(context.selected_asset_keys):
                yield dg.MaterializeResult(asset_key=key)

    return reference


def write_configuration(home: Home, manifest: Mapping[str, Any], notes: str = "") -> None:
    """Write what the warehouse reads beside deliveries; `notes` are those of the release to be built."""
    from ingestion.configuration.reference import write_reference
    from ingestion.lake.lake import ensure_empty_files
    from publishing.lineage import indicator_entities
    from publishing.registry_tables import write_registry_tables
    from publishing.release import prepare_release

    communities = load_configuration()
    ensure_empty_files(home)
    write_reference(home, communities)
    selections = {c.community: c.indicators for c in communities}
    registry = write_registry_tables(home, DBT_PROJECT, selections)
    required = {name: indicator.required_entities for name, indicator in registry.items()}
    prepare_release(home, notes, str(manifest[FINGERPRINT]), indicator_entities(manifest, required))


IDENTITY_TABLES = {
    "person_links": "Partner's student id to person_id, and how it was found.",
    "links": "Pairs of children that were compared: weight, evidence by field as levels, status, model.",
    "match_rates": "How many children of each delivery were linked to another partner's when it came.",
    "address_keys": "Who was told to live where, by keyed hashes of addresses.",
    "person_changes": "Persons that turned out one, or two, and why.",
}


def _identity(manifest: Mapping[str, Any], home: Home) -> dg.AssetsDefinition:
    from ingestion.contracts.entities import load_entities
    from orchestration.partitions import raw_key

    told_of = [raw_key(name) for name, entity in load_entities().items() if "student_id" in entity.columns]

    @dg.multi_asset(
        name="identity",
        specs=[
            dg.AssetSpec(
                ["identity", name],
                deps=told_of,
                description=description,
                group_name="identity",
                owners=list(OWNERS),
                kinds={"duckdb", "parquet"},
                tags={"layer": "identity"},
            )
            for name, description in IDENTITY_TABLES.items()
        ],
        required_resource_keys=WRITES,
    )
    def identity(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        with told_without_values():
            progress = context.resources.progress
            take_covered_snapshot(home, progress)
            for event in standards_views(context, manifest, home, progress):
                context.log_event(event)
            facts = write_links(home, progress)
            for name in IDENTITY_TABLES:
                yield dg.MaterializeResult(asset_key=["identity", name], metadata=facts)

    return identity


def standards_views(
    context: dg.OpExecutionContext | dg.AssetExecutionContext,
    manifest: Mapping[str, Any],
    home: Home,
    progress: Progress,
) -> Iterator[Any]:
    """Build the views through which identity sees standards and places, where not as the code is.

    They are behind no other model, so they can stand before anything that needs to know who is who.
    """
    from identity.accounts import STANDARDS
    from identity.places.accounts import VIEWS
    from orchestration.rebuilding import BuildRecord

    record = BuildRecord(manifest, home)
    if nodes := record.outdated_views((*STANDARDS, *VIEWS)):
        with record.building_views(nodes):
            # tests that look at other tables too run with those
            selection = selection_of(nodes, len(nodes), "--indirect-selection", "cautious")
            yield from build(context, manifest, home, progress, "person_links", selection)


def write_links(home: Home, progress: Progress, **options: bool) -> dict[str, Any]:
    """Link who is who in the snapshot, and count it; `options` are those of `link_persons`."""
    from identity.linking import link_persons

    counts = link_persons(home, home.snapshot, has_views=True, **options)
    progress.building("person_links", 1, 1)
    return {
        "dagster/row_count": counts.students,
        "persons": counts.persons,
        "linked by state id": counts.by_state_id,
        "linked by what is said of them": counts.linked,
        "known to their partner only": counts.by_partner_id,
        "pairs to review": counts.to_review,
        "conflicting state ids": counts.conflicting_state_ids,
        "state ids that are none": counts.refused_state_ids,
        "state ids that others contradict": counts.contradicted_state_ids,
        "numbers given to another child": counts.reissued_numbers,
    }


def _place_links(manifest: Mapping[str, Any], home: Home) -> dg.AssetsDefinition:
    from identity.places.accounts import ENTITIES
    from orchestration.partitions import raw_key

    deps = [*(raw_key(name) for name in ENTITIES), *_sources(manifest, "reference")]
    texts = (
        "Partner's organization or site to place_id: by ids, decisions, names and addresses.",
        "Organizations and sites, each once, with the ids they are known by.",
    )

    @dg.multi_asset(
        name="place_links",
        specs=[
            dg.AssetSpec(
                key,
                deps=deps,
                description=text,
                group_name="identity",
                owners=list(OWNERS),
                kinds={"duckdb", "parquet"},
                tags={"layer": "identity"},
            )
            for key, text in zip(PLACES, texts, strict=True)
        ],
        required_resource_keys=WRITES,
    )
    def place_links(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        with told_without_values():
            progress = context.resources.progress
            take_covered_snapshot(home, progress)
            for event in standards_views(context, manifest, home, progress):
                context.log_event(event)
            metadata = write_places(manifest, home, progress)
            yield from (dg.MaterializeResult(asset_key=key, metadata=metadata) for key in PLACES)

    return place_links


def write_places(manifest: Mapping[str, Any], home: Home, progress: Progress) -> dict[str, Any]:
    """Write which accounts of organizations and sites are one place, and count them."""
    from identity.places.link import link_places

    counts = link_places(home, home.snapshot, code=str(manifest[FINGERPRINT]))
    progress.building("place_links", 1, 1)
    return {
        "dagster/row_count": counts.accounts,
        "organizations": counts.organizations,
        "sites": counts.sites,
        "linked by id": counts.by_id,
        "linked by decision": counts.by_decision,
        "linked by names and addresses": counts.by_names,
        "pairs to decide": counts.to_decide,
    }


def _release(manifest: Mapping[str, Any], home: Home) -> dg.AssetsDefinition:
    @dg.asset(
        key=["published", "release"],
        deps=_models(manifest, "published"),
        description="An immutable, numbered copy of the published tables, made current at once.",
        group_name="published",
        owners=list(OWNERS),
        kinds={"duckdb", "parquet"},
        tags={"layer": "published"},
        required_resource_keys=WRITES,
    )
    @told_without_values()
    def release(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        return dg.MaterializeResult(metadata=make_release(home, context.resources.progress))

    return release


def make_release(home: Home, progress: Progress) -> dict[str, Any]:
    """Publish what was built, and say what was made."""
    from publishing.release import publish

    made = publish(home)
    home.snapshot_is_published.touch()
    progress.building("release", 1, 1)
    return {
        "release_id": made.release_id,
        "is new": made.is_new,
        "folder": dg.MetadataValue.path(str(made.folder)),
        "dagster/row_count": sum(made.rows.values()),
        "seconds": round(made.seconds, 2),
        "warnings": "\n".join(made.warnings),
    }
