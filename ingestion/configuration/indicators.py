"""The ids of the registered indicators: the names of their models, which the registry describes."""

from pathlib import Path

_MODELS = Path(__file__).parents[2] / "dbt_project" / "models" / "marts" / "indicators"


def indicator_ids() -> tuple[str, ...]:
    """Every registered indicator; read anew each time, as one may be added while a process runs."""
    return tuple(sorted(path.stem for path in _MODELS.glob("*.sql")))
