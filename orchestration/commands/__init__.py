"""The commands of `milepost`, one module per subject; heavy imports stay inside the functions."""
