"""From the chunks of a graph, or of anything else that streams, to numbered events."""
