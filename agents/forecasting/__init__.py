"""What the coming days and weeks should bring, what was unusual, and why it might have been."""
