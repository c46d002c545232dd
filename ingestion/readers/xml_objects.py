"""An element of XML as an object of JSON: children by name, attributes as @name, text beside as #text."""

from collections.abc import Collection
from typing import Any

from ingestion.readers.headers import folded

MOST_LEVELS = 64  # Ed-Fi's deepest record has eight
MOST_ATTRIBUTES = 1_000  # Ed-Fi's elements have two; lxml takes a minute to list a hundred thousand
MOST_NAMES = 10_000  # tags come from files, and nobody else counts them
TEXT = "#text"
_INSTANCE = "{http://www.w3.org/2001/XMLSchema-instance}"


class TooManyAttributes(Exception):
    """An element has more than MOST_ATTRIBUTES."""


class _LocalNames(dict[str, str]):
    """Tag as lxml writes it -> its name without the namespace, worked out once for each tag."""

    def __missing__(self, tag: str) -> str:
        if len(self) > MOST_NAMES:
            self.clear()
        self[tag] = tag.rpartition("}")[2]
        return self[tag]


class Wanted(dict[str, bool]):
    """Tag as lxml writes it -> whether it is one of `names`, which are as headers are compared."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = names

    def __missing__(self, tag: str) -> bool:
        self[tag] = folded(tag.rpartition("}")[2]) in self._names
        return self[tag]


local_names = _LocalNames()


def as_object(
    element: Any, lists: Collection[str], level: int = 1, wanted: Wanted | None = None
) -> dict[str, Any]:
    """An element as an object: attributes as @name, children by local name, repeated ones as a list.

    The namespace's prefix is left out. Text beside attributes or children is `#text`. Of children that are
    not `wanted` (None: all are) there is the name alone.
    """
    if level > MOST_LEVELS:
        raise RecursionError
    found: dict[str, Any] = _attributes(element) if element.keys() else {}
    texts = [text] if (text := element.text) else []
    for child in element:
        name = local_names[child.tag]
        if wanted is not None and not wanted[child.tag]:
            value = None
        elif len(child):
            value = as_object(child, lists, level + 1)
        elif child.keys():
            value = _with_attributes(child)
        else:
            value = text.strip() or None if (text := child.text) else None
        if text := child.tail:
            texts.append(text)
        if name in lists:
            found.setdefault(name, []).append(value)
        elif name not in found:
            found[name] = value
        elif type(found[name]) is list:
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    if texts and (own := " ".join(" ".join(texts).split())):
        found[TEXT] = own
    return found


def _with_attributes(element: Any) -> Any:
    """The value of an element with attributes and no children: an object, or its text where they are of the
    schema's own."""
    text = (element.text or "").strip() or None
    if element.get(_INSTANCE + "nil") in ("true", "1"):
        text = None
    found = _attributes(element)
    if found and text is not None:
        found[TEXT] = text
    return found or text


def _attributes(element: Any) -> dict[str, Any]:
    if len(element.keys()) > MOST_ATTRIBUTES:
        raise TooManyAttributes
    return {f"@{local_names[k]}": v for k, v in element.items() if not k.startswith(_INSTANCE)}
