"""Record what was done so that anyone can verify it and nobody can quietly change it."""
