"""Bars and curves against closed forms of normals and uniforms."""

import math

import numpy as np
import pytest
from scipy import stats

from simengine.errors import ParameterError
from simengine.sensitivity_analysis.measures import NO_VARIATION, NOT_DISTINGUISHABLE, NOT_KNOWN, PLAIN, Output
from simengine.sensitivity_analysis.stored import StoredDraws
from simengine.sensitivity_analysis.tornado import MEASURES, Statistic, stored_tornado, tornado
from tests.unit.sensitivity.stored_subjects import drawn, normals, stored_run, table

pytestmark = pytest.mark.unit

Y = [Output("y")]
#: Mean and median of a standard normal in its lowest tenth.
EDGE = stats.norm.ppf(0.1)
LOWEST = -stats.norm.pdf(EDGE) / 0.1


def test_bars_of_a_sum_of_normals():
    x = normals(65536, 3)
    bars = tornado(table(x), Y, [10.0 + x @ np.array([3.0, -2.0, 0.0])], plan=[9.5])
    low, high, swing = bars.found.value[..., 0]
    assert low == pytest.approx(10.0 + LOWEST * np.array([3.0, -2.0, 0.0]), abs=0.03)
    assert high == pytest.approx(10.0 - LOWEST * np.array([3.0, -2.0, 0.0]), abs=0.03)
    assert swing == pytest.approx(high - low)
    exact = -2.0 * LOWEST * np.array([3.0, -2.0, 0.0])
    assert ((bars.found.low[2, :, 0] <= exact) & (exact <= bars.found.high[2, :, 0])).all()
    assert bars.rank[:, 0].tolist() == [1, 2, 3]
    assert bars.found.verdict[2, :, 0].tolist() == [PLAIN, PLAIN, NOT_DISTINGUISHABLE]
    assert bars.base[0] == pytest.approx(10.0, abs=1e-3)
    assert bars.plan[0] == 9.5
    # values of the driver at the ends: mean, P5 and P95 of a normal below its tenth percentile
    expected = [LOWEST, stats.norm.ppf(0.005), stats.norm.ppf(0.095)]
    assert bars.inputs[0, :, 0, 0] == pytest.approx(expected, abs=0.02)
    assert bars.inputs[1, :, 0, 0] == pytest.approx([-LOWEST, -expected[2], -expected[1]], abs=0.02)
    assert bars.shares == pytest.approx(0.1, abs=1e-4)


def test_curves_show_what_bars_do_not():
    u = drawn(16384, 2)
    bars = tornado(table(u), Y, [(u[:, 0] - 0.5) ** 2 + 0.01 * u[:, 1]])
    # mean of (u - 1/2)² over the k-th tenth
    edges = np.linspace(-0.5, 0.5, 11)
    exact = (edges[1:] ** 3 - edges[:-1] ** 3) / 3.0 / 0.1 + 0.005
    assert bars.curve[:, 0, 0] == pytest.approx(exact, abs=5e-4)
    assert bars.curve_inputs[:, 0, 0] == pytest.approx(np.arange(0.05, 1.0, 0.1), abs=1e-3)
    assert bars.found.value[2, 0, 0] == pytest.approx(0.0, abs=1e-3)
    assert bars.found.verdict[2, 0, 0] == NOT_DISTINGUISHABLE
    assert bars.moved_by(0).tolist() == [True, True]
    assert (np.abs(bars.curve[:, 0, 0] - exact) <= bars.curve_half[:, 0, 0] + 1e-4).all()


def test_drivers_of_the_same_size_share_a_place():
    x = normals(4096, 4, "random")
    bars = tornado(table(x, "random"), Y, [x @ np.array([1.0, 3.0, 1.0, -3.0])])
    assert bars.rank[:, 0].tolist() == [3, 1, 3, 1]


def test_the_chance_below_a_level_and_a_quantile():
    x = normals(65536, 2)
    y = x[:, 0] + 0.5 * x[:, 1]
    below = tornado(table(x), Y, [y], Statistic("below", -1.0))
    # given x1 in its lowest tenth: mean over it of Φ((-1 - x1) / 0.5)
    u = (np.arange(20000) + 0.5) / 200000
    assert below.found.value[0, 0, 0] == pytest.approx(stats.norm.cdf((-1.0 - stats.norm.ppf(u)) / 0.5).mean(), abs=0.004)
    assert below.base[0] == pytest.approx(stats.norm.cdf(-1.0 / math.sqrt(1.25)), abs=0.002)
    assert below.found.attrs["statistic"] == "chance below -1"
    made = table(x)
    found = tornado(made, Y, [y], Statistic("quantile", 0.25))
    lowest = np.sort(x[:, 0])[6553]
    assert found.found.value[0, 0, 0] == pytest.approx(np.quantile(y[x[:, 0] <= lowest], 0.25), abs=0.002)
    assert found.base[0] == pytest.approx(np.quantile(y, 0.25), abs=1e-12)
    assert 0.0 < found.base_half[0] < 0.02


def test_correlated_drivers_are_named():
    z = normals(4096, 3, "random")
    x = np.stack([z[:, 0], 0.6 * z[:, 0] + 0.8 * z[:, 1], z[:, 2]], axis=1)
    bars = tornado(table(x, "random"), Y, [x[:, 0]])
    # Spearman's of a normal pair: 6/π asin(ρ/2)
    assert [len(one) for one in bars.companions] == [1, 1, 0]
    assert bars.companions[1][0].name == "x1"
    assert bars.companions[1][0].correlation == pytest.approx(6.0 / math.pi * math.asin(0.3), abs=0.03)
    # the second driver has no effect of its own: its bar is that of the first
    assert bars.found.verdict[2, 1, 0] == PLAIN


def test_a_driver_of_few_values_has_the_bands_it_can_have():
    u = drawn(4096, 2)
    x = np.stack([(u[:, 0] > 0.98).astype(float), u[:, 1]], axis=1)
    bars = tornado(table(x), Y, [5.0 * x[:, 0] + x[:, 1]])
    assert bars.shares[:, 0, 0] == pytest.approx([0.98, 0.02], abs=1e-3)
    assert bars.found.value[:, 0, 0] == pytest.approx([0.5, 5.5, 5.0], abs=0.02)
    assert np.isnan(bars.curve[:, 0, 0]).sum() == 8


def test_nothing_to_show():
    x = drawn(1024, 2)
    still = tornado(table(x), Y, [np.full(1024, 2.0)])
    assert (still.found.verdict == NO_VARIATION).all()
    few = tornado(table(x[:32]), Y, [x[:32, 0]])
    assert (few.found.verdict == NOT_KNOWN).all()
    assert few.found.measures == MEASURES


def test_bars_of_a_stored_run_come_in_the_order_of_its_outputs():
    stored = StoredDraws(stored_run(1024))
    outputs = stored.outputs(["party_position"], ["term", "2026"], {"party": ["ccg", "acute"]})
    found = stored_tornado(stored, outputs)
    assert [bars.found.outputs[k] for bars, k in found] == outputs
    assert [float(bars.plan[k]) for bars, k in found] == pytest.approx([0.1, 0.05, 0.0, 0.0])
    for bars, k in found:
        assert bars.found.units[int(bars.rank[:, k].argmin())] == "drivers.growth"


def test_errors_say_what_is_wrong():
    with pytest.raises(ValueError, match="an output is not finite in a draw that counts"):
        tornado(table(drawn(64, 2)), Y, [np.full(64, np.nan)], Statistic("below", 0.0))
    with pytest.raises(ParameterError, match="statistic: must be mean, below or quantile"):
        tornado(table(drawn(64, 2)), Y, [], Statistic("median"))
    with pytest.raises(ParameterError, match="level: a quantile lies between 0 and 1"):
        tornado(table(drawn(64, 2)), Y, [], Statistic("quantile", 5.0))
