"""Metrics: pure functions of truth and result."""
