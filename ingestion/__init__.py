"""From a partner's file to the raw lake: contracts, readers, landing, ledger."""
