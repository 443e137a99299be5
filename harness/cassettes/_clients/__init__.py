"""Where each HTTP client is played or listened to instead of reaching the network."""
