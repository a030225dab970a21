"""How numbers and dates are written, where a language would differ from the texts we send."""
