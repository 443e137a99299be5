"""What is kept of a run: checkpoints and writes, how a saver gets them, and what they spare."""
