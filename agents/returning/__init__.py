"""Who comes back, who is slipping away, and what came of asking."""
