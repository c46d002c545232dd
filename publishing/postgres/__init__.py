"""A release as schema `published` of a PostgreSQL database, with roles that say who sees which rows of it."""
