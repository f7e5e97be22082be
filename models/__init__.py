"""The pathway model: how likely the goal is reached, given the case and the pathway."""
