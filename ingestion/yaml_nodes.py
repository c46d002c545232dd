"""YAML parsed by libyaml, with the scalars of YAML 1.2: `no` and `off` are texts, `08` is a number.

PyYAML has the parser in C, thirty times faster than one in Python, but takes scalars for what YAML 1.1 says
they are, of which `NO` for false.
"""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

from yaml import AliasEvent, MappingNode, Node, ScalarNode, SequenceNode, YAMLError, compose, load, parse
from yaml.constructor import SafeConstructor
from yaml.cyaml import CParser
from yaml.error import MarkedYAMLError
from yaml.resolver import BaseResolver

__all__ = ["MappingNode", "MarkedYAMLError", "Node", "ScalarNode", "SequenceNode", "YAMLError"]

_TAG = "tag:yaml.org,2002:"


class _Resolver(BaseResolver):
    """Which plain scalars are no texts, by the core schema of YAML 1.2, and days."""


class _Loader(CParser, SafeConstructor, _Resolver):
    def __init__(self, stream: Any) -> None:
        CParser.__init__(self, stream)
        SafeConstructor.__init__(self)
        _Resolver.__init__(self)


for _name, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+.0123456789",
    ),
    ("day", r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "0123456789"),
):
    _Resolver.add_implicit_resolver(_TAG + _name, re.compile(f"^(?:{_pattern})$"), list(_first))

# leading zeros are decimal, where YAML 1.1 and SafeConstructor see an octal number
_Loader.add_constructor(_TAG + "int", lambda _, node: int(node.value))
_Loader.add_constructor(_TAG + "day", lambda _, node: dt.date.fromisoformat(node.value))


class AliasError(Exception):
    """A file repeats a value by its anchor."""

    def __init__(self, anchor: str, line: int) -> None:
        super().__init__(anchor)
        self.anchor, self.line = anchor, line


def composed(text: str, with_aliases: bool = False) -> Node | None:
    """The document's tree, None where there is nothing in it; raises YAMLError or AliasError."""
    if "*" in text and not with_aliases:
        for event in parse(text, Loader=_Loader):
            if isinstance(event, AliasEvent):
                raise AliasError(event.anchor, event.start_mark.line + 1)
    node: Node | None = compose(text, Loader=_Loader)
    return node


class Scalars:
    """Values of scalar nodes."""

    def __init__(self) -> None:
        self._loader = _Loader("")

    def value(self, node: ScalarNode) -> Any:
        """Text, number, truth value, day or None; what cannot be the value it looks like stays a text."""
        if node.tag == _TAG + "str":
            return node.value
        try:
            return self._loader.construct_object(node, deep=True)
        except (YAMLError, ValueError):
            return str(node.value)


def plain(path: Path) -> Any:
    """The data of a file of our own, which is known to be well formed."""
    return load(path.read_text(encoding="utf-8"), Loader=_Loader)
