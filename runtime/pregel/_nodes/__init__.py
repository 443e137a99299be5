"""A node as the engine sees it, worked out when a graph is compiled: its function, its policies."""
