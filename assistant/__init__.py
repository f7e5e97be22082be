"""The assistant itself: one case in, one explained suggestion out; a human decides."""
