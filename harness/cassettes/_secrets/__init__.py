"""Secrets: what looks like one, wherever it is wrapped, and what stands in its place."""
