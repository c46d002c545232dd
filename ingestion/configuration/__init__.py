"""A deployment's communities, and what the warehouse is told of them."""
