"""Say why, in terms a caseworker can check."""
