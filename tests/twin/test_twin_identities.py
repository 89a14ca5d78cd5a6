"""The identities of MODEL.md section 5 on random studies, and checks of the random studies themselves."""

from __future__ import annotations

import copy
import math
import tomllib

import pytest

from .features import EXPECTED, count_features
from .model import twin
from .random_studies import random_study
from .reading import scenario_tree
from .seeds import quick
from .toml_text import to_toml
from .values import driver_table, random_values

SEEDS = range(200)

# Identities of section 5 on random studies


def close(left: float, right: float, scale: float) -> bool:
    """Whether two sums are equal, relative to what was added to make them."""
    return abs(left - right) <= 1e-11 * max(scale, 1.0)


def runs(seed: int) -> list[tuple[dict, list[dict]]]:
    """The tree of a random study and of each of its scenarios, with its plan and some draws."""
    tree = random_study(seed)
    found = []
    for scenario in [None, *tree.get("scenarios", {})]:
        plan, draws = random_values(tree, seed, 4, scenario)
        result = twin(tree, plan, draws, scenario)
        found.append((scenario_tree(tree, scenario), [result["plan"], *result["draws"]] if scenario is None else result["draws"]))
    return found


@pytest.mark.parametrize("seed", quick(SEEDS, 40))
def test_identities(seed: int) -> None:
    for tree, results in runs(seed):
        inside = [party for party, table in tree["parties"].items() if table.get("in_system", True)]
        outsiders = len(inside) < len(tree["parties"])
        for result in results:
            for t, scale in enumerate(result["scale"]["net_position"]):
                position = {party: result["party_position"][t][party] for party in tree["parties"]}
                costs = sum(result["scheme_cost"][t].values()) + sum(result["investment"][t].values())
                assert close(sum(position[party] for party in inside), result["net_position"][t], scale)
                everyone = sum(result["funding"][t].values()) - sum(result["provider_cost"][t].values()) - costs
                assert close(sum(position.values()), everyone, scale)
                if not outsiders:
                    assert result["leakage"][t] == 0
                    assert close(result["net_position"][t], everyone, scale)
                    released = sum(result["cost_released"][t].values())
                    assert close(result["net_benefit"][t], released - costs, scale)
                gross = sum(result["gross_saving"][t].values())
                assert close(result["net_saving"][t], gross - costs, scale)
                assert close(sum(result["scheme_saving"][t].values()), gross, scale)
                for name in tree.get("arrangements", {}):
                    gain = result["gain"][t][name]
                    assert close(sum(result["settlement"][t][name].values()), 0.0, scale)
                    assert close(sum(result["payout"][t][name].values()), result["pool"][t][name], scale)
                    phi = result["pool"][t][name] / gain if gain else 0.0
                    assert close(sum(result["windfall"][t][name].values()), phi * gain, scale)
                before = sum(result["party_position_before"][t].values())
                assert close(before, sum(position.values()), scale)
                assert all(math.isfinite(value) for value in position.values())


@pytest.mark.parametrize("seed", quick(SEEDS, 40))
def test_the_sum_over_all_parties_is_unchanged_by_terms(seed: int) -> None:
    tree = random_study(seed)
    plan, draws = random_values(tree, seed, 3)
    # Funding that is left out depends on the payers, not on the terms: it stays.
    other = copy.deepcopy(tree)
    other.pop("arrangements", None)
    for line in other["services"].values():
        line["variable_share"] = 0.35
        line["plan_includes_schemes"] = 0.6
        line.pop("payment_baseline", None)
    first = twin(tree, plan, draws)["draws"]
    second = twin(other, plan, draws)["draws"]
    inside = [party for party, table in tree["parties"].items() if table.get("in_system", True)]
    for left, right in zip(first, second, strict=True):
        for t, scale in enumerate(left["scale"]["net_position"]):
            assert close(sum(left["party_position"][t].values()), sum(right["party_position"][t].values()), scale)
            change = [sum(result["party_position"][t][party] for party in inside) for result in (left, right)]
            assert close(change[0] - change[1], right["leakage"][t] - left["leakage"][t], scale)


# The random studies


def test_random_studies_are_reproducible_and_written_as_toml() -> None:
    for seed in range(50):
        tree = random_study(seed)
        assert random_study(seed) == tree
        assert tomllib.loads(to_toml(tree)) == tree
        for name, spec in driver_table(tree).items():
            assert "dist" in spec, name


def rare(seeds: range, times: int, studies: int) -> dict[str, tuple[int, int]]:
    """The features that occur less often than that."""
    found, within = count_features(seeds)
    return {feature: (found[feature], within[feature]) for feature in EXPECTED if found[feature] < times or within[feature] < studies}


def test_every_feature_occurs_in_the_ordinary_studies() -> None:
    assert not rare(range(60), 2, 1)


@pytest.mark.slow
def test_every_feature_occurs_many_times() -> None:
    assert not rare(SEEDS, 20, 10)
