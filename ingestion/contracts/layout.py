"""Layouts: what a delivery of a standard or a product holds, as the files that ship with Milepost say."""

from collections.abc import Collection
from functools import cache
from pathlib import Path

from pydantic import Field

from ingestion.contracts.columns import Body, ConformedCode, Reader
from ingestion.contracts.contract import Contract
from ingestion.contracts.entities import CANONICAL, LAYOUTS, Entity, load_entities
from ingestion.yaml_file import Identifier, Strict, Text, Texts, read_yaml

# codes that mean the same in every layout of a folder, such as grades; a layout's own go before
SHARED_CODES = Path("shared", "codes.yml")


class LayoutExtract(Body):
    """One table of a delivery. `required`: no delivery is whole without its member."""

    entity: Identifier
    label: Identifier | None = None
    title: str | None = None
    required: bool = False

    @property
    def name(self) -> str:
        """What a contract calls it under `extracts:`."""
        return self.label or self.entity


class Told(Strict):
    """A fact of the whole delivery, by the greatest value of an expression over the headers of one member.

    A delivery that is a single file has no member; the expression is over its headers then.
    """

    member: str | None = None
    sql: str


class Manifest(Strict):
    """A member that lists the others, a row for each.

    The column `name` has `prefix` and a file's name without its ending, the column `value` whether it is
    there whole (`bulk`), as changes (`delta`), or is `absent`. In a manifest of JSON `records` is the key of
    a list of objects, whose key `name` has a file's name; every file that it lists is there whole.
    """

    member: str
    name: str
    value: str = ""
    prefix: str = ""
    records: str | None = None


class Layout(Strict):
    """What one kind of delivery holds.

    `files` are patterns of its name, to which a partner's name is put in front. An archive has a `member` for
    each extract; `beside` are members that may be there and are not read, and any other is refused. `ignore`,
    `headers`, `optional` and `loose_headers` hold for every extract, but it does not ignore what it takes.
    `last_day` is the last day that the delivery tells of; where rows have years of their own, only those of
    that school year are taken: a file on today's students is no file on those of earlier years.
    `is_delta` is 1 for one that holds changes alone. Where deliveries `overlap`, what one of an earlier
    school year tells of stands until a later one says otherwise, and changes may refer to it.
    `codes` are the standard's own, by the canonical column they end in; a partner's crosswalk goes before.
    `reader` is what the extracts' readers have in common.
    """

    layout: Identifier  # its file's name
    standard: Identifier  # and its folder's
    title: str
    version: Text | None = None
    files: Texts
    beside: Texts = ()
    manifest: Manifest | None = None
    headers: dict[Text, Texts] = Field(default_factory=dict)
    loose_headers: bool = False
    optional: Texts = ()
    ignore: Texts = ()
    reader: Reader = Reader()
    last_day: Told | None = None
    is_delta: Told | None = None
    overlap: bool = False
    codes: dict[Identifier, dict[Text, ConformedCode]] = Field(default_factory=dict)
    extracts: tuple[LayoutExtract, ...]

    @property
    def is_archive(self) -> bool:
        """Whether it comes as a zip file, or as a folder."""
        return any(extract.member for extract in self.extracts)


@cache
def layout_files() -> dict[str, Path]:
    """Layout name -> the file that states it; its folder is the standard."""
    files = [path for path in LAYOUTS.glob("*/*.yml") if path.parent.name != CANONICAL]
    return {path.stem: path for path in sorted(files, key=lambda path: path.stem)}


@cache
def load_layout(name: str) -> Layout:
    """The layout of this name, which must be one of `layout_files`."""
    path = layout_files()[name]
    data = read_yaml(path).data
    shared = path.parent / SHARED_CODES
    codes = read_yaml(shared).data if shared.is_file() else {}
    own = data.get("codes", {})
    merged = {field: {**codes.get(field, {}), **own.get(field, {})} for field in {**codes, **own}}
    facts = {"layout": name, "standard": path.parent.name, "codes": merged}
    return Layout.model_validate({**data, **facts})


def is_in(versions: tuple[str, ...], layout: Layout) -> bool:
    """Whether what a standard has in these versions (none: in all) is in the layout's."""
    return not versions or layout.version in versions


def versions_with(headers: Collection[str], contract: Contract) -> list[str]:
    """Other layouts of the contract's standard in which its table has most of these headers."""
    entity = load_entities()[contract.entity]
    if contract.layout is None or entity.standard == CANONICAL:
        return []
    of_standard = [name for name, path in layout_files().items() if path.parent.name == entity.standard]
    known = {name: _headers(entity, load_layout(name)) for name in of_standard if name != contract.layout}
    found = {name: len(own & {header.lower() for header in headers}) for name, own in known.items()}
    return [name for name, n in found.items() if n and n == max(found.values())]


def _headers(entity: Entity, layout: Layout) -> set[str]:
    """The headers that a layout knows of a table, in lower case, whether it takes them or not."""
    taken = {h for fact in entity.columns.values() if is_in(fact.versions, layout) for h in fact.headers}
    left = {h for extract in layout.extracts if extract.entity == entity.entity for h in extract.ignore}
    return {header.lower() for header in taken | left}
