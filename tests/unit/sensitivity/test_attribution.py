"""Where the risk sits: parts that add up on every draw, closed forms, and what a contract moves and does not move."""

from itertools import permutations

import numpy as np
import pytest
from scipy.special import ndtri

from simengine.errors import SimulationError
from simengine.sensitivity_analysis.attributed_draws import Splitter, shapley_weights
from simengine.sensitivity_analysis.attribution import attribute
from simengine.sensitivity_analysis.carried import pairs_of
from simengine.sensitivity_analysis.measures import NO_VARIATION, NOT_DISTINGUISHABLE, Output
from simengine.sensitivity_analysis.players import players
from simengine.sensitivity_analysis.subject import FROM_A, FROM_PLAN, Unit
from simengine.sensitivity_analysis.worst_draws import worst_of
from tests.unit.sensitivity.toy import Toy

pytestmark = pytest.mark.unit

CATEGORIES = {"need": "population", "use": "utilisation", "luck": "volatility", "more_use": "utilisation", "wages": "cost"}
POINTS = 4096


def outputs(*, settled=True):
    names = ("party_position_before", "party_position") if settled else ("party_position_before",)
    parties = [Output(name, "base", "2027", (("party", party),)) for name in names for party in ("buyer", "trust", "outsider")]
    return (*parties, Output("net_position", "base", "2027"))


def system(x):
    """A buyer that pays half by activity, a trust that bears its cost, an outsider that is paid; settlement with a cap and a collar."""
    need, use, luck, more, wages = x
    cost, fee = need * use * luck + 0.3 * more**2, 0.1 * use * wages
    pay, gain = 0.5 * cost + 0.6 + fee, 1.2 - cost
    settle = np.clip(0.5 * gain, -0.2, 0.1)
    buyer, trust = 1.5 - pay - fee, pay - cost * wages
    share = 0.3 * settle
    return np.stack([buyer, trust, fee, buyer - settle, trust + settle - share, fee + share, buyer + trust + fee])


def subject(points=POINTS, *, f=system, names=None, rho=None, **further):
    units = [Unit(name, category) for name, category in CATEGORIES.items()]
    spread = np.array([0.05, 0.15, 0.1, 0.2, 0.1])[:, None]
    return Toy(f, units, points, marginal=lambda u: 1 + spread * ndtri(u), plan=np.ones(5), outputs=names or outputs(), **further)


@pytest.fixture(scope="module")
def found():
    return attribute(subject(), POINTS)


@pytest.mark.plain
def test_weights_are_the_mean_over_all_orders():
    weights, value = shapley_weights(4), np.random.default_rng(0).random(16)
    wanted = np.zeros(4)
    for order in permutations(range(4)):
        joined = 0
        for k in order:
            wanted[k] += (value[joined | 1 << k] - value[joined]) / 24
            joined |= 1 << k
    np.testing.assert_allclose(weights @ value, wanted, rtol=1e-13)


@pytest.mark.plain
@pytest.mark.parametrize("groups", ["category", None, {f"g{k}": [name] for k, name in enumerate(CATEGORIES)}])
def test_parts_of_every_draw_add_up(groups):
    model = subject(32)
    splitter = Splitter(model, players(model, groups, independent=False), 0)
    piece, good, bad = model.piece(0, 32), np.ones(32, dtype=bool), np.zeros(32, dtype=np.int64)
    split = splitter.split(piece, 0, good, bad)
    drawn, plan = (piece.evaluate(np.full((1, 5, 1), origin, dtype=np.uint8))[0] for origin in (FROM_A, FROM_PLAN))
    np.testing.assert_allclose(split.parts.sum(axis=0), drawn - plan, atol=1e-14)
    # the contract makes no money: settlements split to nothing in every category, on every draw
    settled = split.parts[:, 3:6] - split.parts[:, :3]
    np.testing.assert_allclose(settled.sum(axis=1), 0.0, atol=1e-14)
    assert np.abs(settled).max() > 0.01
    # and the parts of the parties are those of the system
    np.testing.assert_allclose(split.parts[:, :3].sum(axis=1), split.parts[:, 6], atol=1e-14)


def test_two_factors_share_what_they_make_together():
    """x y about a plan of (1, 1): φ_x = (x − 1)(1 + y)/2."""
    model = Toy(lambda x: x[0] * x[1], [Unit("x", "cost"), Unit("y", "quality")], 64, plan=np.ones(2))
    splitter = Splitter(model, players(model, "category", independent=False), 0)
    piece = model.piece(0, 64)
    split = splitter.split(piece, 0, np.ones(64, dtype=bool), np.zeros(64, dtype=np.int64))
    x, y = model.u[0]
    np.testing.assert_allclose(split.parts[:, 0], [(x - 1) * (1 + y) / 2, (y - 1) * (1 + x) / 2], atol=1e-15)


def test_parts_add_up_to_what_numpy_finds(found):
    parts, whole, model = found.parts, found.whole, subject()
    drawn, plan = model.f(1 + np.array([0.05, 0.15, 0.1, 0.2, 0.1])[:, None] * ndtri(model.u[0])), model.f(np.ones((5, 1)))
    y = drawn - plan
    worst = np.sort(y, axis=1)
    k = 0.05 * POINTS
    tail = (worst[:, : int(k)].sum(axis=1) + (k - int(k)) * worst[:, int(k)]) / k
    for m, wanted in enumerate((y.mean(axis=1), np.ones(7), y.std(axis=1, ddof=1), -tail)):
        np.testing.assert_allclose(parts.value[m].sum(axis=0), wanted, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(whole.value[m, 0], wanted, rtol=1e-9, atol=1e-12)
    assert parts.units == ("population", "utilisation", "volatility", "cost")
    assert (parts.measures, parts.attrs["runs"]) == (("mean", "variance_share", "deviation", "shortfall"), POINTS * 17)


def test_the_contract_leaves_the_risk_of_the_system_as_it_is(found):
    """A system with the contract and one without: the same numbers, to the last bit but rounding."""

    def without(x):
        y = system(x)
        return np.stack([*y[:3], *y[:3], y[6]])

    plain = attribute(subject(f=without), POINTS).parts
    np.testing.assert_allclose(plain.value[:, :, 6], found.parts.value[:, :, 6], rtol=1e-12, atol=1e-15)
    assert np.abs(plain.value[:, :, 3:6] - found.parts.value[:, :, 3:6]).max() > 0.01


def test_a_sum_of_independent_effects_has_the_shares_of_their_variances():
    """Σ c z: Cov(φ, Y)/V = c²/Σc², and of the shortfall φ(Φ⁻¹(0.05))/0.05 · c²/sd, both exact for a normal."""
    c = np.array([3.0, -2.0, 1.0])
    units = [Unit("a", "cost"), Unit("b", "quality"), Unit("d", "delivery")]
    model = Toy(lambda z: c @ z, units, 16384, marginal=ndtri, plan=np.zeros(3))
    found = attribute(model, 16384)
    sd = np.sqrt((c * c).sum())
    z = ndtri(0.05)
    density = np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi)
    for k, unit in enumerate(found.parts.units):
        for measure, exact in (
            ("variance_share", c[k] ** 2 / sd**2),
            ("deviation", c[k] ** 2 / sd),
            ("shortfall", density / 0.05 * c[k] ** 2 / sd),
        ):
            value, low, high = found.parts.at(measure, unit)
            assert abs(value - exact) < 1.5 * (high - low) / 2, (unit, measure, value, exact)
            assert high - low < 0.1 * exact + 0.05
    assert found.at("variance_share", "cost", model.outputs[0]) == pytest.approx(9 / 14, abs=0.01)


def test_a_hedge_is_a_share_below_nothing():
    """Y = x − 0.6 w with w correlated 0.8 with x: Cov(−0.6 w, Y) = −0.6 · 0.8 + 0.36 = −0.12 of V = 1 − 0.96 + 0.36 = 0.4."""
    units = [Unit("x", "cost", 0), Unit("w", "quality", 0)]
    rho = np.array([[1.0, 0.8], [0.8, 1.0]])
    found = attribute(Toy(lambda x: x[0] - 0.6 * x[1], units, 8192, rho=rho, plan=np.zeros(2)), 8192)
    assert found.parts.at("variance_share", "quality")[0] == pytest.approx(-0.3, abs=0.01)
    assert found.parts.at("variance_share", "cost")[0] == pytest.approx(1.3, abs=0.01)


def test_what_is_carried_goes_from_party_to_party(found):
    carried = found.carried
    assert carried.pairs == pairs_of(outputs())
    value = carried.value.reshape(4, 3, 3)  # category, whose worst draws, who is paid
    np.testing.assert_allclose(value.sum(axis=2), 0.0, atol=1e-12)
    # the trust's worst draws are dear ones: the buyer gets (a loss is shared), and so the trust is worse off by it
    rows = {(row["worst_for"], row["paid_to"], row["group"]): row for row in carried.rows()}
    assert len(rows) == 4 * 9
    model = subject()
    y = model.f(1 + np.array([0.05, 0.15, 0.1, 0.2, 0.1])[:, None] * ndtri(model.u[0])) - model.f(np.ones((5, 1)))
    worst = worst_of(y[1:2], np.ones(POINTS, dtype=bool), 0.05).of(y[1:2])[0][0]
    for who, at in (("buyer", 0), ("trust", 1), ("outsider", 2)):
        wanted = (worst * (y[at + 3] - y[at])).sum() / worst.sum()
        assert sum(rows["trust", who, category]["value"] for category in found.parts.units) == pytest.approx(wanted, rel=1e-9)
    assert rows["trust", "trust", "cost"]["verdict"] == "not distinguishable from zero at this size"
    assert rows["trust", "trust", "cost"]["value"] == 0.0
    assert rows["trust", "buyer", "utilisation"]["low"] > 0.0


def test_without_positions_after_settlement_nothing_is_carried():
    found = attribute(subject(256, f=lambda x: system(x)[[0, 1, 2, 6]], names=outputs(settled=False)), 256)
    assert found.carried is None


def test_more_than_eight_categories_take_random_orders_and_still_add_up():
    c = np.arange(1.0, 11.0)

    def f(x):
        return c @ x + 3 * x[0] * x[9]

    units = [f"schemes.s{k}.delivery" for k in range(9)] + ["drivers.wages"]
    model = Toy(f, units, 4096, plan=np.full(10, 0.5))
    found = attribute(model, 4096, groups="scheme")
    assert found.parts.units == (*(f"s{k}" for k in range(9)), "outside schemes")
    assert found.parts.attrs["runs"] == 4096 * (2 + 8 * 9 + 1)
    np.testing.assert_allclose(found.parts.value.sum(axis=1), found.whole.value[:, 0], rtol=1e-9)
    # parts are c (x − ½) and, of the product, as in two factors: φ_x = 3 (x − ½)(½ + y)/2
    x = model.u[0]
    first = c[0] * (x[0] - 0.5) + 1.5 * (x[0] - 0.5) * (x[9] + 0.5)
    y = f(x)
    share, low, high = found.parts.at("variance_share", "s0")
    exact = np.cov(first, y)[0, 1] / y.var(ddof=1)
    assert abs(share - exact) < high - low
    # no interaction: every order says the same
    assert found.parts.at("variance_share", "s4")[0] == pytest.approx(np.cov(c[4] * x[4], y)[0, 1] / y.var(ddof=1), rel=1e-9)


def test_a_category_without_effect_and_an_output_that_never_varies():
    found = attribute(Toy(lambda x: np.stack([x[0] + 0.1, 0 * x[0] + 7.3]), [Unit("a", "cost"), Unit("b", "quality")], 64), 64).parts
    assert found.at("shortfall", "quality") == (0.0, 0.0, 0.0)
    assert found.verdict[0, 1, 0] == NOT_DISTINGUISHABLE
    assert (found.verdict[:, :, 1] == NO_VARIATION).all()


@pytest.mark.plain
def test_equal_draws_share_the_tail():
    y, good = np.array([[5.0, 1.0, 1.0, 1.0, 2.0, 9.0, 8.0, 7.0, 6.0, np.nan]]), np.ones(10, dtype=bool)
    good[9] = False
    worst = worst_of(y, good, 2.0 / 9.0)
    tail, near = worst.of(y)
    np.testing.assert_allclose(tail[0], [0, 2 / 3, 2 / 3, 2 / 3, 0, 0, 0, 0, 0, 0])
    assert near[0, :5].tolist() == [0, 1, 1, 1, 0]
    nothing, _ = worst_of(y, np.zeros(10, dtype=bool), 0.05).of(y)
    assert not nothing.any()


def test_a_draw_that_fails_only_in_part_at_plan_is_left_out():
    """The second pass finds it; the worst draws are then those of the others."""

    def f(x):
        bad = (x[0] > 0.995) & (x[1] == 0.5)
        return np.stack([np.where(bad, np.nan, x[0] * x[1]), x[0] + x[1]])

    units = [Unit("a", "cost"), Unit("b", "quality")]
    found = attribute(Toy(f, units, 4096), 4096)
    assert found.parts.attrs["failed"] > 0
    assert f"{found.parts.attrs['failed']:,} of 4,096 draws left out" in found.parts.notes[-1]
    model = Toy(f, units, 4096)
    kept = model.u[0][:, model.u[0][0] <= 0.995]
    assert found.parts.attrs["failed"] == 4096 - kept.shape[1]
    y = kept.sum(axis=0) - 1.0
    k = 0.05 * y.size
    worst = np.sort(y)
    tail = -(worst[: int(k)].sum() + (k - int(k)) * worst[int(k)]) / k
    assert found.whole.at("shortfall", "total", 1)[0] == pytest.approx(tail, rel=1e-9)
    with pytest.raises(SimulationError, match="more than 1 %"):
        attribute(Toy(lambda x: np.where(x[0] > 0.5, np.inf, x[0]), units, 512), 512)


def test_threads_do_not_show():
    one, two = (attribute(subject(8704), 8704, threads=threads) for threads in (1, 2))
    assert one.parts.value.tobytes() == two.parts.value.tobytes()
    assert one.parts.low.tobytes() == two.parts.low.tobytes()
    assert one.carried.low.tobytes() == two.carried.low.tobytes()


@pytest.mark.slow
@pytest.mark.parametrize("sampler", ["sobol", "random"])
def test_coverage(sampler):
    """Intervals of all measures for a normal sum, whose values are exact, at 4,096 draws."""
    c, repeats, points = np.array([3.0, -2.0, 1.0]), 2000, 4096
    sd, z = np.sqrt((c * c).sum()), ndtri(0.05)
    density = np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi)
    exact = np.array([0 * c, c * c / sd**2, c * c / sd, density / 0.05 * c * c / sd])
    units = [Unit("a", "cost"), Unit("b", "quality"), Unit("d", "delivery")]
    values, half = [], []
    for seed in range(repeats):
        model = Toy(lambda x: c @ x, units, points, marginal=ndtri, plan=np.zeros(3), sampler=sampler, seed=seed)
        found = attribute(model, points, threads=1).parts
        values.append(found.value[:, :, 0])
        half.append((found.high - found.low)[:, :, 0] / 2)
    values, half = np.array(values), np.array(half)
    covered = (np.abs(values - exact) <= half).mean(axis=0)
    assert ((covered >= 0.935) & (covered <= 0.965)).all(), covered
    assert (half.mean(axis=0) <= 1.25 * 1.96 * values.std(axis=0)).all(), half.mean(axis=0) / (1.96 * values.std(axis=0))
