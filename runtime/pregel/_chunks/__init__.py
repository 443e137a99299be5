"""What the consumer of a run reads: from what happens in it to the chunks of each stream mode."""
