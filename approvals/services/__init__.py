"""Writes. ``items``: what agents and happenings do to drafts; ``decisions``: what people do."""
