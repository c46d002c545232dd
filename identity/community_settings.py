"""What communities say of linking (community.yml, identity), as SQL."""

from __future__ import annotations

from ingestion.home import Home
from ingestion.sql_text import literal

NOTHING_SAID = (
    "(select null::varchar as community_id, null::double as largest_match_rate_drop, "
    "null::double as largest_reissued_share, null::double as largest_contradicted_share, "
    "null::boolean as unmatched_lists, null::boolean as households_by_address limit 0)"
)


def community_settings(home: Home) -> str:
    """SQL of a relation with a row per community; without one where configuration was not written yet."""
    file = home.reference_file("identity_settings")
    return literal(str(file)) if file.exists() else NOTHING_SAID
