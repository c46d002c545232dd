"""Disclosure control: which published cells are hidden or banded, and the proof that hidden ones stay open.

docs/disclosure.md says what it holds against; `protecting` is where it begins.
"""

from publishing.disclosure.cells import INPUTS
from publishing.disclosure.errors import DisclosureError
from publishing.disclosure.protecting import protect
from publishing.disclosure.report import DisclosureReport

__all__ = ["INPUTS", "DisclosureError", "DisclosureReport", "protect"]
