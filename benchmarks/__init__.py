"""How fast it is, beside a peer or a limit: `make bench`, or `python -m benchmarks [NAME …]` for some of it."""
