"""A contract's file read, checked with its entity and its community, and completed."""

import hashlib
import json
from pathlib import Path
from typing import Any

from ingestion.contracts.checks import Surroundings, contract_problems
from ingestion.contracts.columns import Column
from ingestion.contracts.contract import Contract, ContractFile
from ingestion.contracts.entities import Entity, load_entities
from ingestion.errors import ContractError, MilepostError
from ingestion.yaml_file import read_yaml, validate

# what a contract says about people and calendars does not change a single row of what is loaded
NOT_IN_FINGERPRINT = {
    *("title", "agreement", "expects", "file", "files", "path", "community", "fingerprint"),
    *("layout", "bundle", "is_required", "layout_codes", "roster"),
}


def load_contract(path: Path, community: Surroundings | None = None) -> Contract:
    """Read and check one contract; a ContractError reports every problem of the file, each with its line.

    With `community`, partner, agreement and collections are checked against it too.
    """
    source = read_yaml(path)
    parsed, problems, left_out = validate(source, ContractFile)
    if parsed is not None:
        found = contract_problems(parsed, source, community)
        heads = {place[:2] for place in left_out}
        problems += [source.problem(at, what, step) for at, what, step in found if at[:2] not in heads]
    if problems or parsed is None:
        raise ContractError.of(sorted(problems, key=line_of))
    return complete(parsed, path, community)


def complete(parsed: ContractFile, path: Path, community: Surroundings | None, **facts: Any) -> Contract:
    """The contract with its entity's facts; `facts` are those of its layout."""
    entity = load_entities()[parsed.entity]
    columns = {name: _with_entity_facts(column, entity, name) for name, column in parsed.columns.items()}
    key = parsed.key or tuple(name for name in entity.key if name in columns)
    contract = Contract.model_construct(
        **{**_fields(parsed), "columns": columns, "key": key},
        path=path,
        community=community.community if community else None,
        **facts,
    )
    return contract.model_copy(update={"fingerprint": _fingerprint(contract)})


def line_of(problem: MilepostError) -> int:
    """The line of its file that a problem names."""
    return int(problem.where.rsplit(":", 1)[1])


def _fields(parsed: ContractFile) -> dict[str, Any]:
    return {name: getattr(parsed, name) for name in ContractFile.model_fields}


def _with_entity_facts(column: Column, entity: Entity, name: str) -> Column:
    fact = entity.columns[name]
    return column.model_copy(
        update={
            "type": column.type or fact.type,
            "required": column.required or fact.required,
            "between": column.between or fact.between,
            # a contract can make a column more private, never less
            "pii": "direct" if "direct" in (column.pii, fact.pii) else "none",
        }
    )


def _fingerprint(contract: Contract) -> str:
    # an option that a contract does not use, perhaps new to Milepost, leaves its deliveries what they are
    facts = contract.model_dump(mode="json", exclude=NOT_IN_FINGERPRINT, exclude_defaults=True)
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
