"""Every family of distributions by the name that it has in a study file."""

from typing import Final

from simengine.distributions.base import Family
from simengine.distributions.bernoulli import Bernoulli
from simengine.distributions.beta import Beta
from simengine.distributions.discrete import Discrete
from simengine.distributions.empirical import Empirical
from simengine.distributions.gamma import Gamma
from simengine.distributions.lognormal import Lognormal
from simengine.distributions.mixture import Event, Mixture, Pool
from simengine.distributions.negative_binomial import NegativeBinomial
from simengine.distributions.normal import Normal
from simengine.distributions.percentiles import Percentiles
from simengine.distributions.pert import Pert
from simengine.distributions.poisson import Poisson
from simengine.distributions.student_t import StudentT
from simengine.distributions.triangular import Triangular
from simengine.distributions.uniform import Uniform
from simengine.distributions.weibull import Weibull

#: Every family of the study file, in the order in which they are documented.
FAMILIES: Final[dict[str, Family]] = {
    "uniform": Uniform,
    "triangular": Triangular,
    "pert": Pert,
    "normal": Normal,
    "lognormal": Lognormal,
    "beta": Beta,
    "gamma": Gamma,
    "weibull": Weibull,
    "student_t": StudentT,
    "discrete": Discrete,
    "bernoulli": Bernoulli,
    "poisson": Poisson,
    "negative_binomial": NegativeBinomial,
    "empirical": Empirical,
    "percentiles": Percentiles,
    "mixture": Mixture,
    "pool": Pool,
    "event": Event,
}
