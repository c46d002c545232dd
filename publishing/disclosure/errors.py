"""What disclosure control refuses."""

from ingestion.errors import MilepostError


class DisclosureError(MilepostError):
    """The cells cannot be protected; nothing was written and nothing may be published from them."""
