"""Value of information against closed forms, its coherence, and what it says where there is nothing to say."""

import math

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from simengine.sampling.design import uniforms
from simengine.sensitivity_analysis.conditional_mean import ConditionalMean, Folds, crossings, quantile_knots, solve_normal, straight_pieces
from simengine.sensitivity_analysis.information import EVERYTHING, Decision, Switch, value_of_information
from simengine.sensitivity_analysis.measures import NO_VARIATION, NOT_DISTINGUISHABLE, NOT_KNOWN, PLAIN, Output

pytestmark = pytest.mark.unit

DRAWS = 16_384
OUTPUT = Output("party_position", entity=(("party", "trust"),), unit="GBP")
WEIGHTS = {"a": 0.5, "b": 0.8, "c": 0.5, "d": 0.4}


def normals(names, draws=DRAWS, sampler="sobol", seed=1):
    return {name: ndtri(uniforms(seed, name, draws, sampler, k)) for k, name in enumerate(names)}


def density(x):
    return np.exp(-0.5 * x * x) / math.sqrt(2.0 * math.pi)


def exact(mean, spread):
    """Raiffa and Schlaifer 1961: what it is worth to know a benefit of signing that is normal (PEERS.md 4b)."""
    return spread * float(density(mean / spread)) - abs(mean) * float(ndtr(-abs(mean) / spread))


def sign(*benefits):
    """A decision to sign or not, with a benefit of signing for each output."""
    outputs = tuple(OUTPUT._replace(year=str(k)) for k in range(len(benefits)))
    return Decision("sign", ("not sign", "sign"), outputs, np.stack([np.zeros_like(np.array(benefits)), np.array(benefits)]))


def covers(measures, unit, truth, measure="evppi", output=0):
    value, low, high = measures.at(measure, unit, output)
    assert low <= truth <= high
    return value


@pytest.fixture(scope="module")
def linear():
    z = normals([*WEIGHTS, "idle"])
    benefit = sum(weight * z[name] for name, weight in WEIGHTS.items())
    groups = {"ac": ("a", "c"), "abc": ("a", "b", "c"), "all": tuple(WEIGHTS), "alone": ("a",)}
    return value_of_information(sign(benefit + 0.3, benefit - 0.3), z, "sobol", groups=groups)


@pytest.mark.parametrize("output", [0, 1])
def test_linear_and_normal_is_as_the_closed_form(linear, output):
    for name, weight in WEIGHTS.items():
        assert covers(linear.evppi, name, exact(0.3, weight), output=output) == pytest.approx(exact(0.3, weight), abs=0.006)
    for group, names in (("ac", "ac"), ("abc", "abc"), ("all", "abcd")):
        truth = exact(0.3, math.hypot(*(WEIGHTS[name] for name in names)))
        assert covers(linear.by_group, group, truth, output=output) == pytest.approx(truth, abs=0.012)
    assert covers(linear.evpi, EVERYTHING, exact(0.3, math.hypot(*WEIGHTS.values())), "evpi", output) > 0.0


def test_what_would_be_chosen_now_and_when_it_is_best(linear):
    assert linear.preferred == ("sign", "not sign")
    spread = math.hypot(*WEIGHTS.values())
    assert linear.chance_best[:, 0] == pytest.approx([ndtr(-0.3 / spread), ndtr(0.3 / spread)], abs=0.01)
    assert linear.mean[1] == pytest.approx([0.3, -0.3], abs=0.01)


def test_the_choice_changes_where_the_mean_given_a_driver_is_nothing(linear):
    """Given a, the mean benefit is 0.3 + 0.5 a, which is 0 at -0.6."""
    found = {(one.unit, one.output): one for one in linear.switches}
    assert found["a", 0].value == pytest.approx(-0.6, abs=0.1)
    assert found["a", 0] == Switch("a", 0, found["a", 0].value, "not sign", "sign")


def test_knowing_more_is_never_worth_less_and_never_more_than_everything(linear):
    value = {name: linear.evppi.value[0, linear.evppi.units.index(name)] for name in linear.evppi.units}
    group = {name: linear.by_group.value[0, k] for k, name in enumerate(linear.by_group.units)}
    evpi = linear.evpi.value[0, 0]
    for less, more in ((value["a"], group["ac"]), (value["c"], group["ac"]), (group["ac"], group["abc"]), (group["abc"], group["all"])):
        assert (less <= more).all()
    for one in (*value.values(), *group.values()):
        assert (one >= 0.0).all()
        assert (one <= evpi).all()
    assert (value["a"] <= group["alone"]).all()


def test_a_driver_that_has_no_part_is_not_told_from_none(linear):
    found = linear.evppi
    assert found.verdict[0, found.units.index("idle")].tolist() == [NOT_DISTINGUISHABLE] * 2
    assert found.verdict[0, found.units.index("b")].tolist() == [PLAIN] * 2


def test_many_idle_drivers_are_worth_nothing_together():
    """Negative control: rules fitted on the draws that they are applied to gain by chance, and that is in the raw upper end."""
    z = normals([f"idle_{k}" for k in range(12)], draws=2_048, sampler="random")
    benefit = 0.05 + np.random.default_rng(5).standard_normal(2_048)
    found = value_of_information(sign(benefit), z, "random", groups={"idle": tuple(z)}).by_group
    assert found.at("upper", "idle")[0] > 0.02
    assert found.at("lower", "idle")[0] < 0.01
    assert found.at("evppi", "idle")[1] == 0.0
    assert found.verdict[0, 0, 0] == NOT_DISTINGUISHABLE


def test_a_product_whose_mean_given_one_driver_is_known():
    """E[(x + 0.3)(y + 0.5) | x] = 0.5 (x + 0.3), normal with mean 0.15 and spread 0.5; both together are all that varies."""
    z = normals(["x", "y"])
    found = value_of_information(sign((z["x"] + 0.3) * (z["y"] + 0.5)), z, "sobol", groups={"both": ("x", "y")})
    covers(found.evppi, "x", exact(0.15, 0.5))
    covers(found.evppi, "y", exact(0.15, 0.3))
    evpi = found.evpi.at("evpi", EVERYTHING)[0]
    assert found.by_group.at("evppi", "both")[0] == pytest.approx(evpi, rel=0.02)


def test_a_cap_on_a_sum_is_seen_in_the_group():
    """A benefit clip(x + y + 0.2 w, -0.5, 1) - 0.2 v: given x and y the mean of a clipped normal (PEERS.md 4b), summed over x + y.

    The regression is not of this form: the estimate is held to 2 % here, and not to its interval, which does not know of that.
    """
    z = normals(["x", "y", "w", "v"])
    benefit = np.clip(z["x"] + z["y"] + 0.2 * z["w"], -0.5, 1.0) - 0.2 * z["v"]
    s = np.linspace(-9.0, 9.0, 200_001)
    a, c = (-0.5 - s) / 0.2, (1.0 - s) / 0.2
    given = -0.5 * ndtr(a) + (1.0 - ndtr(c)) + s * (ndtr(c) - ndtr(a)) - 0.2 * (density(c) - density(a))
    step, chance = s[1] - s[0], density(s / math.sqrt(2.0)) / math.sqrt(2.0)
    truth = float((np.maximum(given, 0.0) * chance).sum() * step) - max(float((given * chance).sum() * step), 0.0)
    found = value_of_information(sign(benefit), z, "sobol", groups={"xy": ("x", "y")})
    assert found.by_group.at("evppi", "xy")[0] == pytest.approx(truth, rel=0.02)


def test_three_options():
    """0, z + noise, -z + noise: knowing z is worth E|z| = √(2/π); the options' means are all 0."""
    z = normals(["z", "one", "other"])
    benefit = np.stack([np.zeros(DRAWS), z["z"] + z["one"], -z["z"] + z["other"]])[:, np.newaxis]
    found = value_of_information(Decision("terms", ("as now", "more", "less"), (OUTPUT,), benefit), z, "sobol")
    covers(found.evppi, "z", math.sqrt(2.0 / math.pi))
    assert found.switches == ()


def test_a_driver_by_year_is_known_in_all_years():
    z = normals(["first", "second", "other"])
    paths = {"path": np.stack([z["first"], z["second"]], axis=1), "other": z["other"]}
    found = value_of_information(sign(0.2 + z["first"] + 0.5 * z["second"] + z["other"]), paths, "sobol")
    covers(found.evppi, "path", exact(0.2, math.hypot(1.0, 0.5)))


def test_draws_that_are_not_finite_are_left_out_and_counted():
    z = normals(["a", "b"])
    benefit = 0.3 + z["a"] + z["b"]
    whole = value_of_information(sign(benefit), z, "sobol")
    benefit[[5, 77]] = np.nan, np.inf
    holes = value_of_information(sign(benefit), z, "sobol")
    assert holes.evppi.attrs["failed"] == 2
    assert holes.evppi.at("evppi", "a")[0] == pytest.approx(whole.evppi.at("evppi", "a")[0], abs=0.002)
    # draws keep their replicates
    folds = Folds.of(DRAWS, "sobol", np.isfinite(benefit))
    assert (folds.order[folds.edges[5] : folds.edges[6]] % 16 == 5).all()
    assert np.diff(folds.edges).tolist() == [1024 - (k in (5, 13)) for k in range(16)]


def test_options_that_are_the_same_are_no_decision():
    z = normals(["a"])
    found = value_of_information(sign(np.zeros(DRAWS)), z, "sobol")
    assert found.evpi.verdict.ravel().tolist() == [NO_VARIATION]
    assert found.evppi.verdict.ravel().tolist() == [NO_VARIATION] * 3
    assert found.evppi.value.ravel().tolist() == [0.0] * 3


@pytest.mark.parametrize(("draws", "sampler"), [(8, "sobol"), (496, "sobol"), (511, "lhs"), (300, "random")])
def test_too_few_draws_say_nothing(draws, sampler):
    z = {"a": np.linspace(-1.0, 1.0, draws)}
    found = value_of_information(sign(z["a"]), z, sampler, groups={"g": ("a",)})
    assert np.isnan(found.evppi.value).all()
    assert set(found.by_group.verdict.ravel().tolist()) == {NOT_KNOWN}


def test_rows_are_those_of_the_interface(linear):
    row = next(iter(linear.by_group.rows()))
    assert [row[key] for key in ("method", "group", "party", "order")] == ["evppi", "ac", "trust", "evppi"]
    assert row["low"] <= row["value"] <= row["high"]


def test_errors_name_what_is_missing():
    z = normals(["a"], draws=512)
    with pytest.raises(ValueError, match="group g names b, of which there are no draws"):
        value_of_information(sign(z["a"]), z, "sobol", groups={"g": ("a", "b")})
    alone = Decision("sign", ("sign",), (OUTPUT,), z["a"][np.newaxis, np.newaxis])
    with pytest.raises(ValueError, match="a decision needs at least two options; sign has sign"):
        value_of_information(alone, z, "sobol")


def test_straight_pieces_add_up_to_what_is_straight_between_their_knots():
    x = np.array([-3.0, -1.0, 0.0, 0.5, 2.0, 9.0])
    knots = np.array([-1.0, 0.0, 1.0, 2.0])
    found = straight_pieces(x, knots) @ (knots[1:] - knots[0]) + knots[0]
    assert found == pytest.approx(x)
    assert straight_pieces(x, knots)[1].tolist() == [0.0, 0.0, 0.0]
    assert quantile_knots(np.array([0.0, 0.0, 1.0, 1.0]), 16).tolist() == [0.0, 1.0]
    assert straight_pieces(x, np.array([1.0])).shape == (6, 0)


@pytest.mark.plain
def test_normal_equations_are_those_of_numpy_and_survive_columns_that_say_the_same():
    some = np.random.default_rng(3).standard_normal((40, 5))
    gram, moments = some.T @ some, some.T @ np.random.default_rng(4).standard_normal((40, 2))
    weights = moments.copy()
    solve_normal(weights, gram.copy())
    assert weights == pytest.approx(np.linalg.solve(gram, moments))
    twice = np.zeros((2, 2))
    weights = np.zeros((2, 1))
    solve_normal(weights, twice)
    assert weights.ravel().tolist() == [0.0, 0.0]


def test_the_mean_of_nothing_known_is_the_mean():
    values = np.arange(4_096.0)[np.newaxis]
    folds = Folds.of(4_096, "lhs")
    fitted, crossed = ConditionalMean(np.empty((0, 4_096)), values[:, folds.order], folds).values()
    assert fitted == pytest.approx(np.full((1, 4_096), values.mean()))
    assert crossed[0, 0] == pytest.approx(values[0, 256:].mean())


def test_crossings():
    assert crossings(np.array([0.0, 1.0, 3.0]), np.array([-1.0, 1.0, -1.0])) == [0.5, 2.0]
    assert crossings(np.array([0.0, 1.0]), np.array([1.0, 2.0])) == []
