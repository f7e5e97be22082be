"""The three rooms people use: caseworker, citizen, ethics board."""
