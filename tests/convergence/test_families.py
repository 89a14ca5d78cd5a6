"""Every family through every design, drawn by the engine: moments, distribution functions, strata, and samplers that are wrong.

``random`` is tested as a sample: Kolmogorov-Smirnov, with an atom's probability spread over its jump, or chi-squared over 200 seeds.
``lhs`` and ``sobol`` are not samples of independent draws: they must come closer to the distribution than ``random``, and fill strata.
"""

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy import stats

from simengine.distributions import Encoded, build
from simengine.engine.variates_builder import VariatesBuilder, sample
from simengine.jit import Floats
from simengine.sampling.design import HYPERCUBE
from simengine.sampling.sobol import REPLICATES
from tests.convergence.families import MEMBERS, Member
from tests.unit.engine.running import DESIGNS

pytestmark = pytest.mark.convergence

DRAWS = 4096
SEEDS = {"random": 200, "lhs": 32, "sobol": 32}
#: Seeds of ``random`` over which the median distance is taken.
MEDIAN_OF = 64
EVEN_DESIGNS = ("lhs", "sobol")
LEVEL, FEWEST, MOST = 0.05, 2, 20


def drawn(encoded: dict[str, Encoded], design: str, seeds: int, draws: int) -> dict[str, Floats]:
    """Draws by name, shape (seed, draw): all families of a seed in one pass, each on a stream (and a Sobol' column) of its own."""
    found = {name: np.empty((seeds, draws)) for name in encoded}
    for seed in range(seeds):
        builder = VariatesBuilder(design, seed)
        for row, (name, one) in enumerate(encoded.items()):
            builder.add_value(builder.add_uniform(name, 0, row), one, row)
        for values, kept in zip(sample(builder.build(), 0, draws), found.values(), strict=True):
            kept[seed] = values
    return found


@cache
def all_draws(design: str) -> dict[str, Floats]:
    return drawn({str(member): build(member.dist, member.parameters).encode() for member in MEMBERS}, design, SEEDS[design], DRAWS)


def draws_of(member: Member, design: str) -> Floats:
    return all_draws(design)[str(member)]


def moment_scores(member: Member, x: Floats) -> Floats:
    """Mean and variance of each seed against the reference, over the standard error that the seeds themselves show."""
    mean, variance = member.reference.mean(), member.reference.var()
    by_seed = np.array([x.mean(axis=1) - mean, ((x - mean) ** 2).mean(axis=1) - variance])
    error = by_seed.std(axis=1, ddof=1) / math.sqrt(x.shape[0])
    # what a reference by quadrature, or a table of 1e-10, may be off
    return np.asarray(by_seed.mean(axis=1) / (error + 1e-8 * np.array([math.sqrt(variance), variance])))


def distances(member: Member, x: Floats) -> Floats:
    """The Kolmogorov distance of each seed's draws, atoms as they are."""
    found = np.empty(len(x))
    for k, row in enumerate(x):
        values, counts = np.unique(row, return_counts=True)
        up_to = np.cumsum(counts) / row.size
        above = np.abs(up_to - member.reference.cdf(values))
        found[k] = max(above.max(), np.abs(up_to - counts / row.size - member.below(values)).max())
    return found


def kolmogorov_p_values(member: Member, x: Floats) -> Floats:
    """P-values of the seeds: of the probability integral transform, spread over the jump where a value is an atom."""
    low, high = member.below(x), np.asarray(member.reference.cdf(x))
    u = np.sort(low + np.random.default_rng(7).random(x.shape) * (high - low), axis=1)
    n = x.shape[1]
    place = np.arange(n) / n
    distance = np.maximum(u - place, place + 1 / n - u).max(axis=1)
    return np.asarray(stats.kstwo.sf(distance, n))


def cells(member: Member) -> tuple[Floats, Floats]:
    """Last values of cells of about 1/40 each, or of one value where it has more, and the probability of each cell."""
    ends = np.unique(member.reference.ppf(np.arange(1, 40) / 40.0))
    ends = np.append(ends[member.reference.cdf(ends) < 0.99], np.inf)
    return ends, np.diff(member.reference.cdf(ends), prepend=0.0)


def chi_squared_p_values(member: Member, x: Floats) -> Floats:
    """P-values of the seeds by counts in cells."""
    ends, share = cells(member)
    place = np.searchsorted(ends, x)
    counts = np.array([np.bincount(row, minlength=len(ends)) for row in place])
    expected = share * x.shape[1]
    return np.asarray(stats.chi2.sf(((counts - expected) ** 2 / expected).sum(axis=1), len(ends) - 1))


def p_values(member: Member, x: Floats) -> Floats:
    return chi_squared_p_values(member, x) if member.kind == "discrete" else kolmogorov_p_values(member, x)


BY_NAME = {str(member): member for member in MEMBERS}


@cache
def random_p_values(name: str) -> Floats:
    return p_values(BY_NAME[name], draws_of(BY_NAME[name], "random"))


@cache
def usual_distance(name: str) -> float:
    """The median distance of random draws."""
    return float(np.median(distances(BY_NAME[name], draws_of(BY_NAME[name], "random")[:MEDIAN_OF])))


def check_moments(member: Member, x: Floats) -> None:
    assert np.abs(moment_scores(member, x)).max() < 5.0


def check_p_values(p: Floats) -> None:
    assert FEWEST <= (p < LEVEL).sum() <= MOST
    assert stats.kstest(p, "uniform").pvalue > 1e-4


def check_strata(member: Member, blocks: Floats) -> None:
    """The draws of each block, put in order, stand one in each of as many strata of equal probability: shape (block, draw)."""
    size = blocks.shape[1]
    ordered = np.sort(blocks, axis=1)
    inner = member.reference.ppf(np.arange(1, size) / size)
    # edges are known to rounding only; where one falls on the jump of an atom, its lower side counts
    slack = 1e-9 * (np.abs(inner) + member.reference.ppf(np.array([0.95]))[0] - member.reference.ppf(np.array([0.05]))[0])
    edge = inner if member.kind == "continuous" else member.reference.ppf(np.arange(1, size) / size - 1e-12)
    assert np.all(ordered[:, :-1] <= inner + slack)
    assert np.all(ordered[:, 1:] >= edge - slack)


def blocks_of(x: Floats, design: str, size: int) -> Floats:
    """Draws that fill strata together: ``size`` in a row, for ``sobol`` of one replicate."""
    if design != "sobol":
        return x.reshape(-1, size)
    points = x.reshape(len(x), -1, REPLICATES).transpose(0, 2, 1)
    return np.ascontiguousarray(points).reshape(-1, size)


@pytest.mark.parametrize("member", MEMBERS, ids=str)
class TestFamily:
    @pytest.mark.parametrize("design", DESIGNS)
    def test_mean_and_variance(self, member: Member, design: str, request: pytest.FixtureRequest) -> None:
        if not member.moments:
            pytest.skip("no variance")
        request.node.user_properties.append(("largest z", float(np.abs(moment_scores(member, draws_of(member, design))).max())))
        check_moments(member, draws_of(member, design))

    def test_random_draws_are_a_sample_of_it(self, member: Member, request: pytest.FixtureRequest) -> None:
        p = random_p_values(str(member))
        request.node.user_properties.append(("rejections of 200", int((p < LEVEL).sum())))
        check_p_values(p)

    @pytest.mark.parametrize("design", EVEN_DESIGNS)
    def test_even_designs_come_closer(self, member: Member, design: str, request: pytest.FixtureRequest) -> None:
        found = distances(member, draws_of(member, design)).max()
        request.node.user_properties.append(("largest distance over the usual one", float(found / usual_distance(str(member)))))
        assert found < usual_distance(str(member))

    @pytest.mark.parametrize(("design", "size"), [("lhs", HYPERCUBE), *(("sobol", 2**k) for k in range(1, 9))])
    def test_each_stratum_once(self, member: Member, design: str, size: int) -> None:
        check_strata(member, blocks_of(draws_of(member, design), design, size))

    def test_quantiles_against_the_reference(self, member: Member) -> None:
        u = np.concatenate([2.0 ** -np.arange(2.0, 30.0), np.linspace(0.00123, 0.99877, 499)])
        ours, wanted = build(member.dist, member.parameters).quantile(u), member.reference.ppf(u)
        np.testing.assert_allclose(ours, wanted, rtol=1e-9, atol=1e-9)


def test_rejections_of_all_families_together() -> None:
    """5 % of every p-value there is, within four standard deviations."""
    p = np.concatenate([random_p_values(name) for name in BY_NAME])
    assert abs((p < LEVEL).mean() - LEVEL) < 4 * math.sqrt(LEVEL * (1 - LEVEL) / p.size)


def spoilt(member: Member, **changed: float) -> Member:
    """The family with parameters that are slightly off, held against what it was to be."""
    return replace(member, parameters=dict(member.parameters) | changed)


#: Samplers that are wrong, and the checks of which each must fail one.
WRONG = {
    "sd 5 % too large": spoilt(BY_NAME["normal-mean=-2.0-sd=0.5"], sd=0.525),
    "mean off by a tenth of the sd": spoilt(BY_NAME["normal-mean=-2.0-sd=0.5"], mean=-1.95),
    "shape 5 % too large": spoilt(BY_NAME["weibull-shape=1.4-scale=2.0"], shape=1.47),
    "a count 3 % too large": spoilt(BY_NAME["poisson-mean=3.7"], mean=3.81),
    "an event that is too likely": spoilt(BY_NAME["event-probability=0.2"], probability=0.22),
    "a truncation that is not there": spoilt(BY_NAME["uniform-min=0.0-max=4.0-lower=0.5-upper=2.0"], upper=2.1),
}


@pytest.mark.parametrize("name", WRONG)
class TestWrongSampler:
    @staticmethod
    def draws(name: str, design: str) -> Floats:
        encoded = build(WRONG[name].dist, WRONG[name].parameters).encode()
        return drawn({"x": encoded}, design, SEEDS[design], DRAWS)["x"]

    @pytest.mark.parametrize("design", DESIGNS)
    def test_moments_refuse_it(self, name: str, design: str) -> None:
        with pytest.raises(AssertionError):
            check_moments(WRONG[name], self.draws(name, design))

    def test_a_sample_of_it_is_refused(self, name: str) -> None:
        with pytest.raises(AssertionError):
            check_p_values(p_values(WRONG[name], self.draws(name, "random")))

    @pytest.mark.parametrize("design", EVEN_DESIGNS)
    def test_its_strata_are_refused(self, name: str, design: str) -> None:
        with pytest.raises(AssertionError):
            check_strata(WRONG[name], blocks_of(self.draws(name, design), design, HYPERCUBE))


@pytest.mark.parametrize("size", [2, HYPERCUBE])
def test_strata_refuse_random_draws(size: int) -> None:
    member = BY_NAME["uniform-min=-1.0-max=3.0"]
    with pytest.raises(AssertionError):
        check_strata(member, blocks_of(draws_of(member, "random"), "random", size))


@pytest.mark.slow
class TestMoreDraws:
    """As above with sixteen times as many draws, which see errors a quarter as large."""

    DRAWS = 65_536

    @pytest.mark.parametrize("member", MEMBERS, ids=str)
    def test_random_draws_are_a_sample_of_it(self, member: Member, request: pytest.FixtureRequest) -> None:
        x = drawn({str(member): build(member.dist, member.parameters).encode()}, "random", 200, self.DRAWS)[str(member)]
        p = p_values(member, x)
        request.node.user_properties.append(("rejections of 200", int((p < LEVEL).sum())))
        check_p_values(p)
        if member.moments:
            check_moments(member, x)

    def test_a_spread_that_is_one_and_a_half_percent_too_large_is_refused(self) -> None:
        member = spoilt(BY_NAME["normal-mean=-2.0-sd=0.5"], sd=0.5075)
        x = drawn({"x": build(member.dist, member.parameters).encode()}, "random", 200, self.DRAWS)["x"]
        with pytest.raises(AssertionError):
            check_p_values(p_values(member, x))
