"""Measure what the assistant does, beside a named peer."""
