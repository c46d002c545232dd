"""What the pipeline costs, beside the least it could cost: `python -m benchmarks`, `make bench`."""
