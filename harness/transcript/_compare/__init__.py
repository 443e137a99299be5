"""What changed between two streams, in sentences."""
