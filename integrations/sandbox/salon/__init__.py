"""What the salon can do: book, move, cancel, check in, check out, text."""
