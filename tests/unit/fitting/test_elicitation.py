"""Judgements: what experts state is what their distributions give, pools are averages, and the NHS elicitation is reproduced."""

import csv

import numpy as np
import pytest

from simengine.distributions import build
from simengine.errors import DataError, ParameterError
from simengine.fitting.data import read_rows
from simengine.fitting.elicitation import Judgement, elicit, normalised, pool, read_judgements
from simengine.fitting.names import driver_fault, driver_names
from simengine.fitting.three_point import mean_range, three_point

pytestmark = pytest.mark.unit

THREE = [
    Judgement("Ann", {"p10": 0.10, "p50": 0.20, "p90": 0.40, "min": 0.0, "max": 1.0}, 2.0),
    Judgement("Bob", {"p10": 0.05, "p50": 0.15, "p90": 0.30, "min": 0.0, "max": 1.0}, 1.0),
    Judgement("Cy", {"p10": 0.50, "p50": 0.60, "p90": 0.80, "min": 0.0, "max": 1.0}, 1.0),
]


def judged(text, **options):
    return read_judgements(read_rows(text, "j.csv"), **options)


def test_each_expert_gets_back_what_they_stated():
    for expert, judgement in zip(elicit(THREE), THREE, strict=True):
        assert (expert.p10, expert.p50, expert.p90) == pytest.approx([judgement.stated[key] for key in ("p10", "p50", "p90")], abs=1e-9)


def test_pool_is_the_weighted_average_of_the_experts():
    pooled = pool(THREE)
    means = [expert.mean for expert in pooled.experts]
    assert pooled.pool.mean == pytest.approx(np.dot([0.5, 0.25, 0.25], means), abs=1e-9)
    together = build("pool", pooled.pool.parameters)
    x = np.linspace(0.01, 0.99, 30)
    alone = [build(expert.family, expert.parameters).cdf(x) for expert in pooled.experts]
    np.testing.assert_allclose(together.cdf(x), np.dot([0.5, 0.25, 0.25], alone), atol=1e-12)
    assert pooled.apart == (("Ann", "Cy"), ("Bob", "Cy"))


def test_disagreement_is_the_variance_between_the_means():
    pooled = pool(THREE)
    between = np.average((np.array([e.mean for e in pooled.experts]) - pooled.pool.mean) ** 2, weights=[2, 1, 1])
    assert pooled.disagreement == pytest.approx(between / pooled.pool.sd**2, rel=1e-6)
    assert pool([THREE[0], Judgement("Dee", THREE[0].stated)]).disagreement == pytest.approx(0.0, abs=1e-12)


def test_reading_judgements():
    text = "expert,P10,p50,percentile_90,p2_5,Weight,note,\nAnn,10,20,40,5,2,x,\nBob,5,15,30,2,1,y,\n"
    found, unused = judged(text, unit="pct", ends={"min": 0.0, "max": 1.0})
    assert found[0] == Judgement("Ann", {"min": 0.0, "max": 1.0, "p10": 0.1, "p50": 0.2, "p90": 0.4, "p2_5": 0.05}, 2.0, 2)
    assert unused == ["note"]


def test_a_quantile_may_be_left_out_when_asked():
    text = "expert,p10,p25,p50,p90\nAnn,1,2,3,4\nBob,1,,3,4\n"
    assert judged(text, skip_blank=True)[0][1].stated == {"p10": 1.0, "p50": 3.0, "p90": 4.0}
    with pytest.raises(DataError, match="j.csv:3: p25: is empty"):
        judged(text)


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("name,p10,p50,p90\nAnn,1,2,3\n", ["expert: is not a column of the file"]),
        (
            "expert,p10,p50\nAnn,1,2\n",
            ["states at least 3 quantiles (p10, p50, p90), of which a mean replaces one; there are columns for p10, p50"],
        ),
        ("expert,note\nAnn,1\n", ["there are columns for none"]),
        ("expert,p10,P10,p50,p90\nAnn,1,2,3,4\n", ["p10: is the meaning of more than one column"]),
        (
            "expert,p10,p50,p90\nAnn,1,x,\nAnn,1,2,3\n,1,2,3\n",
            ["j.csv:2: p50", "j.csv:2: p90: is empty", "j.csv:3: expert", "j.csv:4: expert: is"],
        ),
    ],
)
def test_tables_of_judgements_that_cannot_be_used(text, messages):
    with pytest.raises(DataError) as caught:
        judged(text)
    for message in messages:
        assert message in str(caught.value)
    assert len(caught.value.problems) == len(messages)


def test_judgements_that_are_no_distribution_are_named_with_their_lines():
    wrong = [
        Judgement("Ann", {"p10": 3.0, "p50": 2.0, "p90": 4.0}, 1.0, 2),
        Judgement("Bob", {"p10": 1.0, "p50": 2.0, "p90": 4.0}, -1.0, 3),
        Judgement("Cy", {"mean": 0.9, "p10": 0.1, "p90": 0.3, "min": 0.0, "max": 1.0}, 1.0, 4),
    ]
    with pytest.raises(DataError) as caught:
        pool(wrong, "j.csv")
    text = str(caught.value)
    assert "j.csv:2: Ann" in text
    assert "j.csv:3: Bob.weight: a weight must be a number of at least 0" in text
    assert "j.csv:4: Cy.mean: with these quantiles and ends a mean lies between" in text
    with pytest.raises(DataError, match="at least one weight must be above 0"):
        pool([Judgement("Ann", THREE[0].stated, 0.0)])


@pytest.mark.parametrize("count", [1, 3, 7, 30])
def test_rounded_weights_sum_to_one(count):
    shares = normalised([1.0 / count] * count)
    assert sum(shares) == pytest.approx(1.0, abs=1e-12)
    assert all(share == round(share, 6) for share in shares)


def test_three_numbers_are_met_or_their_errors_said():
    found = three_point(mean=0.14, p10=0.013, p90=0.43, minimum=0.0, maximum=1.0)
    assert found.family == "percentiles"
    assert found.largest_error < 1e-9
    # a mean near the smallest possible one: hardly anything between the quantiles
    low, _ = mean_range(0.1, 0.9, 0.0, 1.0)
    far = three_point(mean=low + 0.001, p10=0.1, p90=0.9, minimum=0.0, maximum=1.0)
    assert far.family == "beta"
    built = far.distribution()
    assert built.mean() - (low + 0.001) == pytest.approx(far.mean_error)
    assert float(built.quantile(np.array([0.9]))[0]) - 0.9 == pytest.approx(far.p90_error)


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ({"mean": 0.2, "p10": 0.3, "p90": 0.2}, "p10: must rise"),
        ({"mean": 0.2, "p10": -0.1, "p90": 0.2}, "p10: must rise"),
        ({"mean": 0.9, "p10": 0.1, "p90": 0.2}, "a mean lies between 0.1 and 0.27"),
    ],
)
def test_three_numbers_of_no_distribution(numbers, text):
    with pytest.raises(ParameterError, match=text):
        three_point(**numbers, minimum=0.0, maximum=1.0)


def test_names_of_drivers():
    labels = ["Ann Lee", "ann-lee", "2 of us", "dist", "a" * 80]
    names = driver_names(labels)
    assert names[:4] == ["ann_lee", "ann_lee_2", "x_2_of_us", "x_dist"]
    assert all(driver_fault(name) is None for name in names)
    assert driver_fault("Ann") is not None


def test_every_nhs_scheme_is_reproduced(shared_folder):
    """78 schemes of the NHS elicitation: mean, P10 and P90 in per cent, skewed and wide, between 0 and 1."""
    with (shared_folder / "data" / "nhs" / "nhp_nee_labels.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 78
    families, errors = [], []
    for row in rows:
        mean, p10, p90 = (float(row[key]) / 100.0 for key in ("mean", "percentile10", "percentile90"))
        found = three_point(mean=mean, p10=p10, p90=p90, minimum=0.0, maximum=1.0)
        built = found.distribution()
        low, high = built.quantile(np.array([0.1, 0.9]))
        families.append(found.family)
        errors.append([abs(built.mean() - mean), abs(low - p10), abs(high - p90)])
    met = np.array(families) == "percentiles"
    assert np.max(np.array(errors)[met]) < 1e-9
    assert np.max(errors) < 0.02, (families, np.max(errors, axis=0))
