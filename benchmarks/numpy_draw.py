"""The drivers as an analyst draws them with NumPy: Generator methods where there is one, a copula through SciPy where there must be."""

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from scipy import special, stats
from scipy.stats import sampling

from benchmarks.scipy_draw import frozen_distribution
from benchmarks.subjects import Tree
from benchmarks.twin_reading import Floats, Terms


def pert_shapes(spec: Tree) -> tuple[float, float]:
    """Shapes of the beta distribution behind a PERT."""
    width = spec["max"] - spec["min"]
    return 1.0 + 4.0 * (spec["mode"] - spec["min"]) / width, 1.0 + 4.0 * (spec["max"] - spec["mode"]) / width


def draw_one(rng: np.random.Generator, spec: Tree, size: Any) -> Floats:
    """A driver that stands alone, by the generator's own method."""
    kind = spec["dist"]
    if kind == "pert":
        values = rng.beta(*pert_shapes(spec), size)
        values *= spec["max"] - spec["min"]
        values += spec["min"]
        return values
    if kind == "triangular":
        return rng.triangular(spec["min"], spec["mode"], spec["max"], size)
    if kind == "uniform":
        return rng.uniform(spec["min"], spec["max"], size)
    if kind == "normal":
        return rng.normal(spec["mean"], spec["sd"], size)
    if kind == "lognormal":
        sigma2 = np.log1p((spec["sd"] / spec["mean"]) ** 2)
        return rng.lognormal(np.log(spec["mean"]) - 0.5 * sigma2, np.sqrt(sigma2), size)
    edges = np.cumsum(spec["weights"])[:-1]
    return np.asarray(spec["values"])[np.searchsorted(edges, rng.random(size), side="right")]


def _exact_quantile(spec: Tree) -> Callable[[Floats], Floats]:
    a, b = pert_shapes(spec)
    return lambda u: spec["min"] + (spec["max"] - spec["min"]) * special.betaincinv(a, b, u)


def _ppf_quantile(spec: Tree) -> Callable[[Floats], Floats]:
    """The frozen distribution's own ``ppf``: what most would write."""
    if spec["dist"] == "discrete":
        edges, values = np.cumsum(spec["weights"])[:-1], np.asarray(spec["values"])
        return lambda u: values[np.searchsorted(edges, u, side="right")]
    frozen = frozen_distribution(spec["dist"], spec)
    if frozen is None:
        message = f"the twin does not know {spec['dist']} as SciPy has it"
        raise ValueError(message)
    return frozen.ppf


def _table_quantile(spec: Tree) -> Callable[[Floats], Floats]:
    """SciPy's numerical inverse, set up beforehand (what an expert reaches for)."""
    a, b = pert_shapes(spec)
    inverse = sampling.NumericalInversePolynomial(stats.beta(a, b), u_resolution=1e-10)
    return lambda u: spec["min"] + (spec["max"] - spec["min"]) * inverse.ppf(u)


#: How members of a copula (``ppf``: every driver) get their values: ``betaincinv``, prepared inverse tables, frozen ``scipy.stats``.
Quantiles = Literal["exact", "tables", "ppf"]
_QUANTILES = {"exact": _exact_quantile, "tables": _table_quantile, "ppf": _ppf_quantile}


class Sampler:
    """Fills the rows of a driver matrix; drivers outside a copula by the generator's methods, with ``ppf`` by inversion as well."""

    def __init__(self, terms: Terms, rows: dict[str, slice], quantiles: Quantiles, seed: int) -> None:
        self._rng = np.random.Generator(np.random.Philox(seed))
        grouped = {name for names, _ in terms.groups for name in names}
        quantile = _QUANTILES[quantiles]
        self._alone = [
            (rows[name], spec, quantile(spec) if quantiles == "ppf" else None)
            for name, spec in terms.drivers.items()
            if name not in grouped
        ]
        self._groups = []
        for names, rank in terms.groups:
            pearson = 2.0 * np.sin(np.pi * rank / 6.0)
            factor = np.linalg.cholesky(np.full((len(names), len(names)), pearson) + (1.0 - pearson) * np.eye(len(names)))
            self._groups.append((factor, [(rows[name], quantile(terms.drivers[name])) for name in names]))

    def fill(self, drivers: Floats) -> None:
        """New draws in every row."""
        n = drivers.shape[1]
        for factor, members in self._groups:
            scores = factor @ self._rng.standard_normal((len(members), n))
            uniforms = special.ndtr(scores, out=scores)
            for k, (row, inverse) in enumerate(members):
                drivers[row] = inverse(uniforms[k])
        for row, spec, alone in self._alone:
            size = (row.stop - row.start, n)
            drivers[row] = draw_one(self._rng, spec, size) if alone is None else alone(self._rng.random(size))


def driver_rows(terms: Terms) -> dict[str, slice]:
    """Rows of the driver matrix: one, or one per year for a driver drawn anew each year."""
    rows, end = {}, 0
    for name, spec in terms.drivers.items():
        count = terms.years if spec.get("path") == "independent" else 1
        rows[name] = slice(end, end + count)
        end += count
    return rows
