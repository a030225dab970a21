"""A believable salon, made up from a number: the same number and day give the same salon."""
