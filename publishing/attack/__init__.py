"""The attack on a release: what its numbers give away. It shares no code with disclosure control."""
