"""Leaving: everything of a connection as one file, and erasing it with proof."""
