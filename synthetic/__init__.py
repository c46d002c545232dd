"""The made-up community of Riverbend with its known truth, written in the partners' own formats."""

from synthetic.community import write_community
from synthetic.manifest import Expected, File, Manifest

__all__ = ["Expected", "File", "Manifest", "write_community"]
