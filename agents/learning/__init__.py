"""What the corrections of a desk teach: house rules, and examples for the tone."""
