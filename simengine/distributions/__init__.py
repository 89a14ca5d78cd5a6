"""Uncertainty of one quantity: families of distributions, one per file, by the name they have in a study file."""

from simengine.distributions.base import Distribution, Encoded, Family, Parameter
from simengine.distributions.bernoulli import Bernoulli
from simengine.distributions.discrete import Discrete
from simengine.distributions.lognormal import Lognormal
from simengine.distributions.normal import Normal
from simengine.distributions.pert import Pert
from simengine.distributions.triangular import Triangular
from simengine.distributions.uniform import Uniform

#: Every family of the study file.
FAMILIES: dict[str, Family] = {
    "uniform": Uniform,
    "triangular": Triangular,
    "pert": Pert,
    "normal": Normal,
    "lognormal": Lognormal,
    "discrete": Discrete,
    "bernoulli": Bernoulli,
}

__all__ = ["FAMILIES", "Distribution", "Encoded", "Family", "Parameter"]
