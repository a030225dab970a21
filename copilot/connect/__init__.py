"""Connect and People: making connections, loading files, inviting staff."""
