"""A subject made of a formula, for tests: points of every sampler for A and B, correlated normals by conditional draws."""

import numpy as np
from scipy import special
from scipy.stats import qmc

from simengine.sensitivity_analysis.measures import Output
from simengine.sensitivity_analysis.subject import FROM_A, FROM_B, FROM_PLAN, Unit


class Toy:
    """``f(x)`` of values (unit, ...) gives (output, ...).

    ``marginal(u)`` makes values of uniforms (unit, point), by default themselves. Units of a cluster are standard normals with the
    correlations ``rho`` (matrix over all units), whatever ``marginal``.
    """

    def __init__(self, f, units, points, *, marginal=lambda u: u, rho=None, plan=None, sampler="sobol", seed=1, outputs=None):
        self.units = tuple(unit if isinstance(unit, Unit) else Unit(unit) for unit in units)
        self.f, self.marginal, self.rho, self.sampler = f, marginal, rho, sampler
        self.plan = np.full(len(self.units), 0.5) if plan is None else np.asarray(plan, dtype=float)
        count = np.atleast_2d(f(self.plan[:, None])).shape[0]
        self.outputs = outputs or tuple(Output(f"y{k}") for k in range(count))
        self.u = uniforms(sampler, 2 * len(self.units), points, seed).reshape(2, len(self.units), points)
        self.runs = 0

    def piece(self, first, count):
        return _Piece(self, self.u[:, :, first : first + count])


class _Piece:
    def __init__(self, subject, u):
        self.subject, self.u = subject, u
        self.x = np.stack([subject.marginal(design) for design in u])
        self.z = special.ndtri(u)
        for members in self.clusters():
            root = np.linalg.cholesky(subject.rho[np.ix_(members, members)])
            self.x[:, members] = np.einsum("ij,djp->dip", root, self.z[:, members])

    def clusters(self):
        names = {unit.cluster for unit in self.subject.units if unit.cluster >= 0}
        return [[k for k, unit in enumerate(self.subject.units) if unit.cluster == name] for name in sorted(names)]

    def places(self):
        return self.x

    def evaluate(self, take, *, conditional=False):
        points = self.u.shape[2]
        take = np.broadcast_to(take, (*take.shape[:2], points))
        self.subject.runs += take.shape[0] * points
        return np.stack([np.atleast_2d(self.subject.f(self.mixed(selection, conditional))) for selection in take])

    def mixed(self, take, conditional):
        x = np.where(take == FROM_A, self.x[0], np.where(take == FROM_B, self.x[1], self.subject.plan[:, None]))
        for members in self.clusters() if conditional else []:
            assert (take[members] != FROM_PLAN).all()
            for pattern in np.unique(take[members], axis=1).T:
                at = np.flatnonzero((take[members] == pattern[:, None]).all(axis=0))
                known = [m for m, origin in zip(members, pattern, strict=True) if origin == FROM_A]
                drawn = [m for m in members if m not in known]
                x[np.ix_(drawn, at)] = self.given(known, drawn, at)
        return x

    def given(self, known, drawn, at):
        """Standard normals ``drawn`` given the ``known`` ones of A, with the randomness of B."""
        rho = self.subject.rho
        cross, inner = rho[np.ix_(drawn, known)], rho[np.ix_(known, known)]
        weights = np.linalg.solve(inner, cross.T).T
        root = np.linalg.cholesky(rho[np.ix_(drawn, drawn)] - weights @ cross.T)
        return weights @ self.x[0][np.ix_(known, at)] + root @ self.z[1][np.ix_(drawn, at)]


def uniforms(sampler, dimensions, points, seed):
    """Uniforms (dimension, point) with the groups that a sampler promises."""
    rng = np.random.default_rng(seed)
    if sampler == "random":
        return rng.random((dimensions, points))
    if sampler == "lhs":
        batches = [qmc.LatinHypercube(dimensions, rng=rng).random(256).T for _ in range((points + 255) // 256)]
        return np.concatenate(batches, axis=1)[:, :points]
    size = max((points + 15) // 16 - 1, 0).bit_length()
    nets = [qmc.Sobol(dimensions, rng=child, bits=52).random_base2(size) for child in rng.spawn(16)]
    u = np.stack(nets, axis=1).reshape(-1, dimensions)[:points].T
    return np.clip(u, 2.0**-53, 1.0 - 2.0**-53)
