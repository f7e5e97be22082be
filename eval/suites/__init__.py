"""Evaluations and benchmarks of the whole assistant."""
