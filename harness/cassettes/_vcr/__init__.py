"""vcrpy's vocabulary: its configuration, its pairs of request and response, its names."""
