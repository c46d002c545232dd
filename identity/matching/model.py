"""A matching model: how much each level of agreement says. It holds no value of any child."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any

from identity.matching.comparisons import COMPARISONS

FORMAT = 1  # raised when a change of the levels makes earlier models unusable


@dataclass(frozen=True)
class Model:
    """What `train` learned: probabilities m and u of every level, and of any two records being one child.

    `weights` is field -> level -> (m, u); null levels have none. `learned` is field -> level -> whether m was
    learned (else it is the default of comparisons.py), `reasons` say why what was not learned was not.
    `counts` are numbers of records and pairs that it was trained on.
    """

    prior: float
    weights: dict[str, dict[str, tuple[float, float]]]
    learned: dict[str, dict[str, bool]] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    seed: int = 0

    @property
    def version(self) -> str:
        """Twelve hexadecimal digits that are equal for equal content, and for it alone."""
        return hashlib.sha256(self._content().encode()).hexdigest()[:12]

    def to_json(self) -> str:
        """The model as JSON, with its version."""
        return json.dumps({"version": self.version, **json.loads(self._content())}, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Model:
        """The model that `to_json` wrote; a ValueError where its levels are not those of this release."""
        told: dict[str, Any] = json.loads(text)
        version, made_with = told.pop("version"), told.pop("format")
        weights = {
            name: {level: (pair[0], pair[1]) for level, pair in levels.items()}
            for name, levels in told["weights"].items()
        }
        model = cls(**{**told, "weights": weights, "reasons": tuple(told["reasons"])})
        if made_with != FORMAT or {n: set(levels) for n, levels in weights.items()} != _levels():
            raise ValueError(
                f"matching model {version}: its levels are not those of this release; train anew"
            )
        if model.version != version:
            raise ValueError(f"matching model {version}: its content was changed; train anew")
        return model

    def _content(self) -> str:
        return json.dumps({"format": FORMAT, **asdict(self)}, sort_keys=True)


def default_model(prior: float, reasons: tuple[str, ...] = ()) -> Model:
    """The model of comparisons.py's defaults alone."""
    weights = {c.name: {lv.name: (lv.m, lv.u) for lv in c.levels if not lv.is_null} for c in COMPARISONS}
    learned = {name: dict.fromkeys(levels, False) for name, levels in weights.items()}
    return Model(prior=prior, weights=weights, learned=learned, reasons=reasons)


def _levels() -> dict[str, set[str]]:
    return {c.name: {level.name for level in c.levels if not level.is_null} for c in COMPARISONS}
