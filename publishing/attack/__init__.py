"""The attack on a release: what anyone can work out of its published numbers. Shares no code with disclosure control."""
