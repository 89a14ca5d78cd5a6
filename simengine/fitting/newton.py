"""Maximum likelihood of many samples at once: Newton's method within a box, derivatives by central differences.

A parametric bootstrap fits the same family to some hundred samples. Fitted one by one they cost seconds; here every row of a
batch is one sample, and rows that have converged drop out. Eigenvalues of the Hessian are taken by their size, so that a step
always goes uphill (Dauphin et al. 2014, saddle-free Newton); a parameter that presses against its bound is held there.
"""

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
#: Mean log-likelihood per value, of shape (B,), at parameters of shape (B, k), of data whose arrays have B rows.
Objective: TypeAlias = Callable[[Array, tuple[Array, ...]], Array]

_STEP: Final = 1e-4
_ITERATIONS: Final = 80
_HALVINGS: Final = 20
_CONVERGED: Final = 1e-7
#: Largest change of a parameter (a logarithm or a standardised location) in one step.
_LONGEST: Final = 2.0
_FLATTEST: Final = 1e-9


def _safe(objective: Objective, theta: Array, data: tuple[Array, ...]) -> Array:
    """The objective; what cannot be evaluated is as bad as can be."""
    with np.errstate(all="ignore"):
        value = objective(theta, data)
    return np.where(np.isfinite(value), value, -np.inf)


def derivatives(objective: Objective, theta: Array, data: tuple[Array, ...], value: Array) -> tuple[Array, Array]:
    """Gradient (B, k) and Hessian (B, k, k) by central differences; not finite ones are zero."""
    rows, k = theta.shape
    shift = _STEP * np.eye(k)
    up = [_safe(objective, theta + shift[i], data) for i in range(k)]
    down = [_safe(objective, theta - shift[i], data) for i in range(k)]
    gradient, hessian = np.empty((rows, k)), np.empty((rows, k, k))
    with np.errstate(invalid="ignore"):
        for i in range(k):
            gradient[:, i] = (up[i] - down[i]) / (2.0 * _STEP)
            hessian[:, i, i] = (up[i] + down[i] - 2.0 * value) / _STEP**2
            for j in range(i):
                both = _safe(objective, theta + shift[i] + shift[j], data) + _safe(objective, theta - shift[i] - shift[j], data)
                mixed = (both - up[i] - down[i] - up[j] - down[j] + 2.0 * value) / (2.0 * _STEP**2)
                hessian[:, i, j] = hessian[:, j, i] = mixed
    return np.nan_to_num(gradient, posinf=0.0, neginf=0.0), np.nan_to_num(hessian, posinf=0.0, neginf=0.0)


def _direction(gradient: Array, hessian: Array, held: NDArray[np.bool_]) -> Array:
    """Uphill Newton step of every row with the held parameters left where they are."""
    gradient = np.where(held, 0.0, gradient)
    hessian = np.where(held[:, :, None] | held[:, None, :], 0.0, hessian)
    values, vectors = np.linalg.eigh(hessian)
    along = np.einsum("bij,bi->bj", vectors, gradient) / np.maximum(np.abs(values), _FLATTEST)
    step = np.where(held, 0.0, np.einsum("bij,bj->bi", vectors, along))
    longest = np.max(np.abs(step), axis=1, keepdims=True)
    return np.asarray(step * np.minimum(1.0, _LONGEST / np.maximum(longest, 1e-300)), np.float64)


def _uphill(
    objective: Objective, theta: Array, value: Array, step: Array, data: tuple[Array, ...], box: tuple[Array, Array]
) -> tuple[Array, Array]:
    """Theta and value after the step, halved as often as it takes each row not to go downhill."""
    waiting = np.ones(theta.shape[0], np.bool_)
    length = 1.0
    for _ in range(_HALVINGS):
        tried = np.clip(theta + length * step, *box)
        reached = _safe(objective, tried, data)
        better = waiting & (reached > value)
        theta, value = np.where(better[:, None], tried, theta), np.where(better, reached, value)
        waiting &= ~better
        if not waiting.any():
            break
        length *= 0.5
        if length * np.max(np.abs(step[waiting])) < 0.1 * _CONVERGED:
            break
    return theta, value


def maximise(
    objective: Objective, start: Array, bounds: Sequence[tuple[float, float]], data: tuple[Array, ...], iterations: int = _ITERATIONS
) -> Array:
    """Parameters (B, k) that maximise the objective of each row within ``bounds``, from ``start`` (B, k).

    A maximum on a bound is returned as such; whether that is an estimate or a runaway is for the family to say.
    """
    box = (np.array([low for low, _ in bounds]), np.array([high for _, high in bounds]))
    found = np.clip(start, *box)
    rows = np.arange(start.shape[0])
    value = _safe(objective, found, data)
    for _ in range(iterations):
        theta = found[rows]
        gradient, hessian = derivatives(objective, theta, data, value)
        held = ((theta <= box[0]) & (gradient < 0.0)) | ((theta >= box[1]) & (gradient > 0.0))
        step = _direction(gradient, hessian, held)
        reached, value = _uphill(objective, theta, value, step, data, box)
        found[rows] = reached
        moving = np.max(np.abs(reached - theta), axis=1) > _CONVERGED
        if not moving.any():
            break
        if moving.sum() < 0.7 * rows.size:
            rows, value, data = rows[moving], value[moving], tuple(array[moving] for array in data)
    return found
