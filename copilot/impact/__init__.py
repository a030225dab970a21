"""What the copilot brought and what it cost: the impact page and the thirty-day letter."""
