"""Single kernels under pytest-benchmark: ``python -m pytest -p benchmark benchmarks/micro`` (see docs/benchmarks.md)."""
