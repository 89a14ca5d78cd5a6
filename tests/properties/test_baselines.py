"""Baselines: the parts sum to the whole exactly, whatever the numbers, and Gini by another definition."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simengine.baseline.average_cost import by_average_cost
from simengine.baseline.carve_out import Part, WholeSpend, carve_out
from simengine.baseline.concentration import CostGroup, concentration
from simengine.baseline.cost_weights import WeightedRow, by_weighted_activity
from simengine.baseline.provider_cost import CostRow, by_provider_cost
from simengine.baseline.reference_cost import ReferenceRow, by_reference_cost
from simengine.baseline.working import Line

pytestmark = pytest.mark.property

AMOUNTS = st.lists(st.decimals(min_value=0, max_value=10**7, places=2), min_size=1, max_size=8).filter(any)


@given(AMOUNTS, st.decimals(min_value=0, max_value=10**9, places=2))
def test_an_inefficient_provider_does_not_raise_the_baseline(costs, value):
    """However high the costs, the parts sum to the contract value exactly (WPB 2.7)."""
    rows = [CostRow(Line(f"s{k}"), 1000 * cost) for k, cost in enumerate(costs)]
    assert by_provider_cost(rows, value, "absorbed").spend == Fraction(value)


@given(AMOUNTS, st.decimals(min_value=0, max_value=10**9, places=2))
def test_every_method_sums_to_the_contract_value(weights, value):
    lines = [Line(f"s{k}", activity=weight) for k, weight in enumerate(weights)]
    assert by_average_cost(lines, value).spend == Fraction(value)
    assert by_weighted_activity([WeightedRow(line, 3) for line in lines], value).spend == Fraction(value)
    made = by_reference_cost([ReferenceRow(line, unit_cost=7) for line in lines], value)
    assert made.spend == Fraction(value)
    assert len({service.price for service in made.services if service.price is not None}) == 1


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=6), st.integers(0, 10**9))
def test_the_lists_sum_to_the_whole(sizes, spend):
    parts = [Part(f"l{k}", True, size) for k, size in enumerate(sizes)]
    assert carve_out([WholeSpend(Line("a"), spend)], parts, "population", each=True).spend == spend


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=12).filter(any))
def test_gini_is_the_mean_difference_of_pairs(costs):
    """Gini = Σ|x_i - x_j| / (2 n Σx), another definition."""
    found = concentration([CostGroup(str(k), cost) for k, cost in enumerate(costs)])
    pairs = sum(abs(one - other) for one in costs for other in costs)
    assert found.gini == Fraction(pairs, 2 * len(costs) * sum(costs))
