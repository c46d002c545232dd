"""Every sector beside schools and colleges, for the same children and those born since."""

from synthetic.sectors.build import TRUTH, build

__all__ = ["TRUTH", "build"]
