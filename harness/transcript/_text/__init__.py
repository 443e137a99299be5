"""The text of a stream: entries, lanes and lines, written and read back."""
