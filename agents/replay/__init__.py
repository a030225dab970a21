"""A salon's own past, replayed: what would have been drafted, and what really happened."""
