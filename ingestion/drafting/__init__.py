"""A first draft of a contract, from a sample of a file, never with a value of it."""
