"""Stress: drivers held to a band of their range, exactly and on the same draws; every mistake by its text."""

import numpy as np
import pytest

from simengine import api
from simengine.errors import StudyError
from simengine.study.load import Study, load_study
from simengine.study.numbers import Uncertain
from simengine.study.plan import built_per_year
from simengine.study.stress import parse_bands, stressed
from simengine.study.walk import numbers
from tests.unit.cli.care import study_file

pytestmark = pytest.mark.unit
IMPACT = "schemes.ward.effects.beds.impact"


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return load_study(study_file(tmp_path_factory.mktemp("study")))


def with_driver(study, table):
    """The same study with another distribution of its pay driver."""
    tree = {**study.tree, "drivers": {"pay": table}}
    tree.pop("scenarios")
    return Study.from_dict(tree)


def drawn(spec):
    return {number.path: number.value for number in numbers(spec) if isinstance(number.value, Uncertain)}


def faults(study, bands):
    with pytest.raises(StudyError) as caught:
        stressed(study, bands)
    return [(problem.path, problem.rule, problem.nearest) for problem in caught.value.problems]


@pytest.mark.parametrize("band", [(0.9, 1.0), (0.0, 0.2), (0.25, 0.75)])
@pytest.mark.parametrize("path", ["drivers.pay", IMPACT, "services.nursing.growth"])
def test_the_uniform_is_squeezed_into_the_band(study, path, band):
    """The value at u is that of the whole distribution at a + (b - a) u."""
    made = stressed(study, {path: band}).study
    (whole,), (held,) = (built_per_year(drawn(spec)[path], 2) for spec in (study.spec, made.scenario("stress")))
    u = np.linspace(0.001, 0.999, 57)
    assert held.quantile(u) == pytest.approx(whole.quantile(band[0] + (band[1] - band[0]) * u), rel=1e-9, abs=1e-12)


def test_parameters_by_year_are_cut_by_year(study):
    made = with_driver(study, {"dist": "normal", "mean": [0.02, 0.05], "sd": 0.01})
    table = stressed(made, {"drivers.pay": (0.5, 1.0)}).study.tree["scenarios"]["stress"]["drivers"]["pay"]
    assert table["lower"] == pytest.approx([0.02, 0.05])
    assert "upper" not in table


def test_base_plan_and_all_other_draws_stay(study):
    made = stressed(study, {"drivers.pay": (0.9, 1.0)}).study
    assert made.drivers == study.drivers
    plain = api.run(study, draws=64, store="all")
    found = api.run(made, draws=64, store="all", scenarios=["stress"])
    for name in ("net_position", "plan_net_position", "party_position"):
        whole = found[name] if "scenario" not in found[name].dims else found[name].sel(scenario="base")
        own = plain[name] if "scenario" not in plain[name].dims else plain[name].sel(scenario="base")
        assert np.array_equal(whole, own)
    before, after = (found["driver_value"].sel(driver="drivers.pay", scenario=one).to_numpy() for one in ("base", "stress"))
    assert np.array_equal(np.argsort(before), np.argsort(after))
    assert after.min() >= 0.03 + 0.01 * 1.2815515
    other = found["driver_value"].sel(driver=IMPACT)
    assert np.array_equal(other.sel(scenario="base"), other.sel(scenario="stress"))


def test_steps_are_not_cut_in_two(study):
    """A weight of 0.3 on 0, 0.7 on 1: a band may begin or end at 0.3 and nowhere else."""
    made = with_driver(study, {"dist": "discrete", "values": [0.01, 0.05], "weights": [0.3, 0.7]})
    ((path, rule, _),) = faults(made, {"drivers.pay": (0.5, 1.0)})
    assert path == "drivers.pay"
    assert rule == "the distribution has a step at 0.05, which this band would cut in two: 0.3:1 takes all of it"


def test_what_is_correlated_is_named(study):
    tree = {**study.tree, "correlation": [{"drivers": ["drivers.pay", "services.nursing.growth"], "rank": 0.5}]}
    tree.pop("scenarios")  # one of them has a constant for pay
    notes = stressed(Study.from_dict(tree), {"drivers.pay": (0.9, 1.0)}).notes
    assert notes == (
        "stress holds drivers.pay to a band and not what is correlated with it (services.nursing.growth): "
        "these keep their own distributions",
    )
    assert stressed(study, {"drivers.pay": (0.9, 1.0)}).notes == ()


def test_every_mistake_at_once(study):
    bands = {
        "drivers.pai": (0.9, 1.0),
        "drivers.pay": (0.9, 1.1),
        IMPACT: (0.5, 0.5),
        "services.beds.volatility": (0.0, 0.5),
    }
    assert faults(study, bands) == [
        ("drivers.pai", "is not a driver of this study", "drivers.pay"),
        ("drivers.pay", "a band lies between the probabilities 0 and 1", None),
        (IMPACT, "the lower end of a band is below the upper one", None),
        (
            "services.beds.volatility",
            "is a volatility, whose noise is stated by its spread: a scenario may change the spread (cv)",
            None,
        ),
    ]
    assert faults(study, {}) == [("", "no driver is named", None)]
    with pytest.raises(StudyError, match="scenarios.slow: the study has a scenario of this name already"):
        stressed(study, {"drivers.pay": (0.9, 1.0)}, "slow")


def test_bands_are_read():
    assert parse_bands(["drivers.pay=0.9:1", f"{IMPACT} = 0 : 0.25"]) == {"drivers.pay": (0.9, 1.0), IMPACT: (0.0, 0.25)}
    with pytest.raises(StudyError) as caught:
        parse_bands(["drivers.pay", "drivers.pay=0.9", "drivers.pay=0.9:x", "drivers.pay=0:nan", "a=0:1", "a=0.5:1"])
    rules = [problem.rule for problem in caught.value.problems]
    assert rules == ["takes DRIVER=LOW:HIGH, two probabilities such as 0.9:1"] * 4 + ["is given twice"]
