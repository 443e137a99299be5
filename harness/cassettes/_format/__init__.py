"""The files of cassettes: ours, and those of other tools, from a file to values and back."""
