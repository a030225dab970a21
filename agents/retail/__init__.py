"""What to mention at the counter: one engine over products and over services."""
