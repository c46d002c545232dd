"""The gate: each delivery is accepted, accepted with quarantine, or rejected before it reaches the raw lake."""
