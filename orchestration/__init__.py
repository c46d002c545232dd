"""Dagster wiring and the command line; nothing else imports it."""
