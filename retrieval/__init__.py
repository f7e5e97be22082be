"""Find the guidance and the earlier cases that bear on a case."""
