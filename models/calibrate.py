"""Make a probability mean what it says, without giving up additivity: slope · margin + shift."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from models.columns import Bools, Floats

FEWEST = 200
"""With fewer calibration cases than this the line would be noisier than what it corrects."""


class Affine(NamedTuple):
    """A line in the log-odds."""

    slope: float
    shift: float


def fit_affine(margin: Floats, reached: Bools, fewest: int = FEWEST) -> Affine:
    """The line that makes sigmoid(slope · margin + shift) most likely (Platt's method, by Newton's steps).

    (1, 0) where there are too few cases or only one outcome; the slope never turns the order around.
    """
    if len(margin) < fewest or reached.all() or not reached.any() or np.ptp(margin) == 0:
        return Affine(1.0, 0.0)
    design = np.column_stack([margin, np.ones(len(margin))])
    weights = np.array([1.0, 0.0])
    for _ in range(50):
        p = 1 / (1 + np.exp(-design @ weights))
        gradient = design.T @ (reached - p)
        curvature = (design * (p * (1 - p))[:, None]).T @ design + 1e-9 * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        weights = weights + step
        if np.abs(step).max() < 1e-12:
            break
    slope, shift = float(weights[0]), float(weights[1])
    return Affine(slope, shift) if slope > 0.05 else Affine(1.0, 0.0)
