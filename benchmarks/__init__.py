"""Benchmarks: the engine against what a competent analyst writes in NumPy, on the same studies (see docs/benchmarks.md)."""
