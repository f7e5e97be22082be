"""A small Danish text encoder of our own: how it is trained, what it knows and what it does not."""
