"""Marts to published: the indicator registry, disclosure control and immutable releases."""
