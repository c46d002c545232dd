"""The gate: each delivery is accepted, accepted with quarantine, or rejected before the raw lake."""
