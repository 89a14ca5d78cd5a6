"""percentiles.py: quantiles reproduced, inversion, a given mean, elicited triples, and what each fault says."""

import math
from typing import Any

import numpy as np
import pytest

from simengine.distributions.percentiles import Percentiles, fit_three, probability_of
from simengine.errors import ParameterError
from tests.unit.distributions.accuracy import check_inversion

pytestmark = pytest.mark.unit

CASES: list[dict[str, float]] = [
    {"p10": 1.0, "p50": 2.0, "p90": 4.0},
    {"p10": 1.0, "p50": 2.0, "p90": 4.0, "min": 0.0},
    {"p10": 1.0, "p50": 2.0, "p90": 4.0, "max": 5.0},
    {"p10": 1.0, "p50": 2.0, "p90": 4.0, "min": 0.0, "max": 10.0},
    {"p2_5": 1.0, "p50": 4.0, "p97_5": 9.0, "min": -5.0},
    {"p5": 1.0, "p25": 3.0, "p50": 4.1, "p75": 5.6, "p95": 9.0},
    {"p10": 1e-6, "p50": 1e-3, "p90": 0.5, "min": 0.0, "max": 1.0},
    {"p10": 100.001, "p50": 100.002, "p90": 100.004, "min": 0.0},
    {"p10": 1.0, "p90": 4.0, "mean": 2.2},
    {"p10": 0.1, "p90": 0.4, "mean": 0.2, "min": 0.0, "max": 1.0},
    {"p10": 1.0, "p50": 2.0, "p90": 4.0, "mean": 2.4, "min": 0.0, "max": 20.0},
]


def identity(case: dict[str, float]) -> str:
    return "-".join(f"{key}={value:g}" for key, value in case.items())


@pytest.mark.parametrize("parameters", CASES, ids=identity)
class TestCase:
    @pytest.mark.plain
    def test_quantiles_are_reproduced(self, parameters: dict[str, float]) -> None:
        distribution = Percentiles(**parameters)
        for name, value in parameters.items():
            probability = probability_of(name)
            if probability is not None:
                u = np.array([float(probability)])
                np.testing.assert_allclose(distribution.quantile(u), value, rtol=1e-13)
                np.testing.assert_allclose(distribution.cdf(np.array([value])), u, rtol=1e-9)
                np.testing.assert_allclose(distribution.isf(1.0 - u), value, rtol=1e-13)

    def test_inversion(self, parameters: dict[str, float]) -> None:
        check_inversion(Percentiles(**parameters))

    @pytest.mark.plain
    def test_moments(self, parameters: dict[str, float]) -> None:
        """Gauss-Legendre on octaves of both tails down to 2^-60; an open tail beyond by hand only in test_metalog."""
        distribution = Percentiles(**parameters)
        node, weight = np.polynomial.legendre.leggauss(30)
        low = 2.0 ** -np.arange(2.0, 61.0)[:, None]
        v, w = (low * (1.5 + 0.5 * node)).ravel(), (low * 0.5 * weight).ravel()
        one, two = distribution.quantile(v), distribution.isf(v)
        mean = ((one + two) * w).sum()
        assert distribution.mean() == pytest.approx(mean, rel=1e-11)
        variance = (((one - mean) ** 2 + (two - mean) ** 2) * w).sum()
        assert distribution.variance() == pytest.approx(variance, rel=1e-5 if "min" in parameters and "max" not in parameters else 1e-9)
        assert distribution.mean() == parameters.get("mean", distribution.mean())

    @pytest.mark.plain
    def test_support(self, parameters: dict[str, float]) -> None:
        distribution = Percentiles(**parameters)
        ends = (parameters.get("min", -math.inf), parameters.get("max", math.inf))
        assert distribution.support() == ends
        assert distribution.breaks() == tuple(end for end in ends if math.isfinite(end))
        assert distribution.atoms() == ()
        outside = np.array([ends[0] - 1.0 if math.isfinite(ends[0]) else -1e300, ends[1] + 1.0 if math.isfinite(ends[1]) else 1e300])
        assert distribution.cdf(outside).tolist() == [0.0, 1.0]
        assert distribution.sf(outside).tolist() == [1.0, 0.0]


#: Mean, P10 and P90 in percent of some schemes of the New Hospital Programme's elicitation (nhp_nee_labels.csv): a plain one, a
#: wide one, and the two of 78 that no metalog of three terms has.
ELICITED = [
    (23.41055769, 2.477380928, 60.07942689),
    (48.27271239, 19.82038992, 78.57202867),
    (5.713220372, 0.433233964, 16.39698085),
    (15.41342627, 3.051415768, 47.65861318),
]


@pytest.mark.parametrize("percent", ELICITED)
def test_elicited_triples(percent: tuple[float, float, float]) -> None:
    mean, p10, p90 = (value / 100.0 for value in percent)
    distribution = fit_three(mean=mean, p10=p10, p90=p90, min=0.0, max=1.0)
    np.testing.assert_allclose(distribution.quantile(np.array([0.1, 0.9])), [p10, p90], rtol=1e-13)
    assert distribution.metalog.mean() == pytest.approx(mean, rel=1e-12)
    check_inversion(distribution)


@pytest.mark.plain
def test_fewer_terms_are_least_squares() -> None:
    distribution = Percentiles(p5=1.0, p25=3.0, p50=4.0, p75=7.0, p95=9.0, terms=3)
    found = distribution.quantile(np.array([0.05, 0.25, 0.5, 0.75, 0.95]))
    assert 0.1 < np.abs(found - [1.0, 3.0, 4.0, 7.0, 9.0]).max() < 1.0


@pytest.mark.plain
def test_patterns_and_names() -> None:
    ((pattern, parameter),) = Percentiles.patterns
    assert [name for name in ("p1", "p99", "p2_5", "p99_975", "p100", "p", "pert", "p5_", "P5") if pattern.fullmatch(name)] == [
        "p1",
        "p99",
        "p2_5",
        "p99_975",
    ]
    assert parameter.is_value
    assert float(probability_of("p2_5") or 0) == 0.025
    assert float(probability_of("p99_975") or 0) == 0.99975
    assert [p.name for p in Percentiles.parameters] == ["mean", "min", "max", "terms"]


TOO_FEW = "at least three conditions are needed: quantiles such as p10, p50, p90, of which a mean replaces one"
NONE = "the metalog through these quantiles is not a distribution: its quantile function falls"


@pytest.mark.plain
@pytest.mark.parametrize(
    ("parameters", "faults"),
    [
        ({}, [("p50", TOO_FEW)]),
        ({"p10": 1, "p90": 3}, [("p90", TOO_FEW)]),
        ({"p10": 1, "mean": 3}, [("p10", TOO_FEW)]),
        (
            {"p10": 2, "p50": 2, "p90": 1},
            [
                ("p50", "must be above p10: quantiles rise with their probability"),
                ("p90", "must be above p50: quantiles rise with their probability"),
            ],
        ),
        ({"p10": 0, "p50": 2, "p90": 3, "min": 0}, [("p10", "must be above min")]),
        ({"p10": 1, "p50": 2, "p90": 3, "max": 2.5}, [("p90", "must be below max")]),
        ({"p10": 1, "p90": 2, "mean": 7, "min": 0, "max": 5}, [("mean", "must be below max")]),
        ({"p10": 1, "p50": 2, "p90": 3, "min": 5, "max": 5}, [("min", "must be below max")]),
        ({"p10": "x", "p50": math.nan, "p90": True}, [("p10", "must be a number"), ("p50", "must be finite"), ("p90", "must be a number")]),
        ({"p5": 1, "p05": 1, "p50": 2}, [("p05", "is the same quantile as p5")]),
        ({"p0": 1, "p50": 2, "p60": 3}, [("p0", "must be a quantile at a probability above 0; a smallest value is min")]),
        (
            {"q10": 1, "p100": 2},
            [(name, "is no parameter of percentiles; quantiles are p1 to p99, or p2_5 for that at 2.5 %") for name in ("q10", "p100")],
        ),
        ({"p10": 1, "p50": 2, "p90": 3, "terms": 4}, [("terms", "must be at most the number of conditions, 3")]),
        ({"p10": 1, "p50": 2, "p90": 3, "terms": 2.5}, [("terms", "must be a whole number")]),
        ({"p10": 1, "p50": 2, "p90": 3, "terms": 1}, [("terms", "must be at least 2")]),
        (
            {"p10": 1, "p90": 3, "mean": 2, "terms": 5},
            [("terms", "must be 3 or 4 here: with a mean, as many as conditions or one more")],
        ),
        (
            {f"p{k}": k for k in range(1, 18)},
            [("terms", "must be given with more than 16 conditions; 5 to 9 are usual")],
        ),
        ({"p10": 1, "p50": 2, "p90": 20}, [("p90", f"{NONE} below P26; give other quantiles or bounds")]),
        (
            {"p20": 1, "p40": 2, "p60": 2.01, "p80": 4},
            [("p80", f"{NONE} between P40 and P53; give fewer terms (terms = 3), other quantiles or bounds")],
        ),
        (
            {"p10": 1, "p90": 4, "mean": 3.9},
            [
                (
                    "mean",
                    "no metalog of 3 terms through these quantiles has this mean, which can be from 2.069 to 2.931; give another mean, "
                    "or one more term (terms = 4)",
                )
            ],
        ),
        (
            {"p10": 1e-9, "p50": 1e-4, "p90": 10.0, "min": 0},
            [
                (
                    "p90",
                    "the metalog through these quantiles is too steep to be tabulated: the distance from a bound goes with the power "
                    "5.24 of the probability, where 3 is the most; give other quantiles or bounds",
                )
            ],
        ),
    ],
)
def test_faults(parameters: dict[str, Any], faults: list[tuple[str, str]]) -> None:
    with pytest.raises(ParameterError) as caught:
        Percentiles(**parameters)
    assert list(caught.value.faults) == faults
