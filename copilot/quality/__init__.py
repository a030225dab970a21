"""The quality page: what the drafts were worth, what they cost, and what may go by itself."""
