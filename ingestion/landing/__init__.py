"""Files as they come in, kept as they were sent."""
