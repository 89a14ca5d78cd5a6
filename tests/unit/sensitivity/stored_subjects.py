"""Draws with known answers, and a stored run by hand."""

import json

import numpy as np
from scipy.special import ndtri

from simengine.results.frame import Frame, Series
from simengine.sampling.design import uniforms
from simengine.sensitivity_analysis.driver_table import DriverTable

NAMES = ("x1", "x2", "x3")


def drawn(draws, count, sampler="sobol", seed=1):
    """Uniforms of some drivers, (draw, driver)."""
    return np.stack([uniforms(seed, f"x{k}", draws, sampler, column=k) for k in range(count)], axis=1)


def normals(draws, count, sampler="sobol", seed=1):
    return ndtri(drawn(draws, count, sampler, seed))


def ishigami(u):
    """Ishigami and Homma 1990, a = 7 and b = 0.1, of uniforms."""
    x = (2.0 * u - 1.0) * np.pi
    return np.sin(x[:, 0]) + 7.0 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def table(x, sampler="sobol", good=None, seed=0):
    return DriverTable.of(x, [f"x{k + 1}" for k in range(x.shape[1])], sampler, good, seed)


def stored_run(draws=1024, failed=(), **changes):
    """A run of two years, two parties and two scenarios: one driver for all years, and yearly ones of three kinds."""
    u = drawn(draws, 8, "random", 5)
    single = np.stack([u[:, 0], u[:, 1]], axis=1)
    # inflation, a volatility, and the score of an arrangement, each in two years
    paths = np.stack([u[:, 2:4], u[:, 4:6], u[:, 6:8]], axis=2)
    position = np.stack([single[:, :1] - 0.5 + 0.1 * paths[:, :, 1], 0.5 - single[:, :1] + 0.0 * paths[:, :, 1]], axis=2)
    for draw in failed:
        position[draw] = np.nan
    met = np.where(single[:, 0] > 0.8, 1, np.where(single[:, 0] < 0.1, -1, 0)).astype(np.int8)

    def both(values):
        """The same in two scenarios."""
        return np.stack([values, values], axis=-1)

    values = both(single)
    values[:, 1, 1] = np.nan  # the second driver belongs to what the other scenario switches off
    party, arrangement = ("draw", "year", "party", "scenario"), ("draw", "year", "arrangement", "scenario")
    money = {"units": "GBP"}
    variables = {
        "party_position": Series(party, both(position), money),
        "party_position_before": Series(party, both(position + np.array([0.25, 0.0])), money),
        "net_position": Series(("draw", "year", "scenario"), both(position.sum(axis=2)), money),
        "msr_met": Series(arrangement, both(np.repeat(met[:, None, None], 2, axis=1)), {}),
        "cap_hit": Series(("draw", "year", "arrangement", "party", "scenario"), both(np.zeros((draws, 2, 1, 2), dtype=np.int8)), {}),
        "driver_value": Series(("draw", "driver", "scenario"), values, {}),
        "driver_path": Series(("draw", "year", "path_driver", "scenario"), both(paths), {}),
        "failed": Series(("draw", "scenario"), both(np.isin(np.arange(draws), failed).astype(np.int8)), {}),
        "plan_party_position": Series(("year", "party"), np.array([[0.05, 0.0], [0.05, 0.0]]), money),
    }
    labels = {
        "draw": np.arange(draws),
        "year": ["2026", "2027"],
        "party": ["ccg", "acute"],
        "arrangement": ["deal"],
        "scenario": ["base", "bold"],
        "driver": ["drivers.growth", "schemes.hub.impact"],
        "path_driver": ["drivers.inflation", "services.beds.volatility", "arrangements.deal.quality.score"],
    }
    coords = {name: Series((name,), np.array(values, dtype=object)) for name, values in labels.items()}
    attrs = {"sampler": "random", "seed": "5", "draws": draws, "correlations": json.dumps([]), **changes}
    return Frame(variables, coords, attrs)
