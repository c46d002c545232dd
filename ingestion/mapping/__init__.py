"""A file's rows in the shape of an entity."""
