"""Contracts over a layout: the file that names it, and the contract that each of its extracts becomes."""

from pathlib import Path
from typing import Any, Self

from pydantic import Field, model_validator

from ingestion.contracts.checks import Surroundings, contract_problems
from ingestion.contracts.columns import Body, Column, Origin, Reader, Tolerance, YearOrigin
from ingestion.contracts.contract import Contract, ContractFile, MonthDay
from ingestion.contracts.entities import CANONICAL, Entity, load_entities
from ingestion.contracts.layout import Layout, LayoutExtract, is_in, layout_files, load_layout
from ingestion.contracts.loading import complete, line_of, load_contract
from ingestion.errors import ContractError
from ingestion.yaml_file import (
    Identifier,
    Location,
    Strict,
    Texts,
    YamlFile,
    near_miss,
    read_yaml,
    validate,
)

# in an archive many a table is empty, or grows and shrinks as it likes; those it cannot be without do not
OF_CORE, OF_OTHERS = Tolerance(year_over_year=0.5), Tolerance(year_over_year=10, empty=True)


class LayoutContract(Strict):
    """The fields of a contract over a layout; under `extracts` what differs from it, by entity or label."""

    partner: Identifier
    layout: Identifier
    label: Identifier | None = None
    title: str | None = None
    agreement: Identifier
    expects: dict[Identifier, MonthDay] = Field(default_factory=dict)
    file: str | None = None
    files: tuple[str, ...] = ()
    reader: Reader | None = None
    missing: Texts | None = None
    school_year: YearOrigin | None = None
    collection: Origin | None = None
    tolerance: Tolerance | None = None
    extracts: dict[Identifier, Body] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_way_to_name_files(self) -> Self:
        if self.file and self.files:
            raise ValueError("give one of file and files, or neither")
        return self

    @property
    def bundle(self) -> str:
        """`partner.layout`, with the label where one partner sends it in several ways."""
        return ".".join(part for part in (self.partner, self.layout, self.label) if part)


class _OfLayout(ContractFile):
    """One contract of a layout, before its entity's facts are put in; its file is named after the layout."""

    bundle: str

    @property
    def file_stem(self) -> str:
        return "__".join(self.bundle.split("."))


def load_contracts(path: Path, community: Surroundings | None = None) -> list[Contract]:
    """The contracts that one file states: a single one, or those of the layout it names."""
    source = read_yaml(path)
    if isinstance(source.data, dict) and "layout" in source.data:
        return contracts_of_layout(source, community)
    return [load_contract(path, community)]


def contracts_of_layout(source: YamlFile, community: Surroundings | None) -> list[Contract]:
    """The contracts a file over a layout stands for; a ContractError reports every problem with its line."""
    parsed, problems, left_out = validate(source, LayoutContract)
    if parsed is not None and parsed.layout not in layout_files():
        what, step = f"unknown layout '{parsed.layout}'", near_miss(parsed.layout, layout_files())
        problems.append(source.problem(("layout",), what, step))
    if parsed is None or parsed.layout not in layout_files():
        raise ContractError.of(sorted(problems, key=line_of))
    layout = load_layout(parsed.layout)
    names = [extract.name for extract in layout.extracts]
    for name in parsed.extracts.keys() - set(names):
        what = f"the layout {layout.layout} has no extract '{name}'"
        problems.append(source.problem(("extracts", name), what, near_miss(name, names)))
    made = [(extract, _contract(layout, extract, parsed)) for extract in layout.extracts]
    seen: set[str] = set()
    for extract, contract in made:
        for at, what, step in contract_problems(contract, source, community):
            place = _place(source, extract, at)
            if at[:2] not in {gone[:2] for gone in left_out} and f"{place}{what}" not in seen:
                seen.add(f"{place}{what}")
                problems.append(source.problem(place, what, step))
    if problems:
        raise ContractError.of(sorted(problems, key=line_of))
    return [_complete(layout, extract, contract, source.path, community) for extract, contract in made]


def _contract(layout: Layout, extract: LayoutExtract, parsed: LayoutContract) -> _OfLayout:
    """One extract of the layout as a contract, with what the file says of it and of all extracts put over."""
    own = parsed.extracts.get(extract.name, Body())
    fields: dict[str, Any] = {name: getattr(extract, name) for name in Body.model_fields}
    own_reader = {name: getattr(extract.reader, name) for name in extract.reader.model_fields_set}
    fields["reader"] = layout.reader.model_copy(update=own_reader)
    for_all = ("reader", "missing", "school_year", "collection", "tolerance")
    fields |= {name: value for name in for_all if (value := getattr(parsed, name)) is not None}
    fields |= {name: getattr(own, name) for name in own.model_fields_set}
    entity = load_entities()[extract.entity]
    fields["columns"] = {**_of_standard(entity, layout), **extract.columns, **own.columns}
    taken = {h.lower() for column in fields["columns"].values() for h in column.headers}
    known = (name for name in layout.ignore if name.lower() not in taken)
    fields["ignore"] = (*known, *extract.ignore, *own.ignore)
    fields["optional"] = (*layout.optional, *extract.optional, *own.optional)
    fields["headers"] = _spellings(layout.headers, extract.headers, own.headers)
    fields["loose_headers"] = layout.loose_headers
    if extract.member and not {"tolerance"} & (extract.model_fields_set | own.model_fields_set):
        fields["tolerance"] = parsed.tolerance or (OF_CORE if extract.required else OF_OTHERS)
    fields["gate"] = (*extract.gate, *own.gate)
    label = "_".join(part for part in (parsed.label or layout.layout, extract.label) if part)
    return _OfLayout.model_construct(
        **fields,
        partner=parsed.partner,
        entity=extract.entity,
        label=label,
        title=extract.title or parsed.title or layout.title,
        agreement=parsed.agreement,
        # the delivery is due once, not table by table
        expects=parsed.expects if extract is layout.extracts[0] else {},
        file=parsed.file,
        files=parsed.files or (() if parsed.file else _patterns(layout, parsed.partner)),
        bundle=parsed.bundle,
    )


def _spellings(*stated: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Other spellings of headers: those of the layout, and all that an extract and a contract add to them."""
    names = dict.fromkeys(name for one in stated for name in one)
    return {name: tuple(way for one in stated for way in one.get(name, ())) for name in names}


def _patterns(layout: Layout, partner: str) -> tuple[str, ...]:
    """A partner's own files alone: in its folder of the inbox, or with its name in front."""
    return tuple(f"{partner}{joint}{pattern}" for pattern in layout.files for joint in ("/", "_"))


def _of_standard(entity: Entity, layout: Layout) -> dict[str, Column]:
    """The columns that a table of a standard has in the layout's version, by the standard's own headers."""
    if entity.standard == CANONICAL:
        return {}
    return {
        name: Column.model_validate({"from": [*fact.headers] or [name]})
        for name, fact in entity.columns.items()
        if is_in(fact.versions, layout) and not fact.on_request
    }


def _complete(
    layout: Layout, extract: LayoutExtract, parsed: _OfLayout, path: Path, community: Surroundings | None
) -> Contract:
    return complete(
        ContractFile.model_construct(**{name: getattr(parsed, name) for name in ContractFile.model_fields}),
        path,
        community,
        layout=layout.layout,
        name_in_layout=extract.name,
        bundle=parsed.bundle,
        is_required=extract.required or not extract.member,
        layout_codes=_codes(layout, parsed),
    )


def _codes(layout: Layout, parsed: _OfLayout) -> dict[str, dict[str, str]]:
    """The layout's codes, and those of the extract's own columns before them."""
    of_columns = {name: column.codes for name, column in parsed.columns.items() if column.codes}
    fields = dict.fromkeys([*layout.codes, *of_columns])
    return {field: {**layout.codes.get(field, {}), **of_columns.get(field, {})} for field in fields}


def _place(source: YamlFile, extract: LayoutExtract, at: Location) -> Location:
    """Where the file says what a problem is about: under its extract, for all, or in the layout itself."""
    below: Location = ("extracts", extract.name, *at)
    return below if below[:3] in source.lines else at if at[:1] in source.lines else ("layout",)
