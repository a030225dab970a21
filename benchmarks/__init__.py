"""Figures of speed and quality, each beside its baseline from the same run."""
