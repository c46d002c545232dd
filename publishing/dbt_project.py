"""Where the dbt project is: beside the packages, in a checkout."""

from pathlib import Path

DBT_PROJECT = Path(__file__).resolve().parents[1] / "dbt_project"
