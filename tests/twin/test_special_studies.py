"""The special random studies: written as TOML, every feature many times, and the identities of the twin on them (MODEL.md section 5)."""

from __future__ import annotations

import tomllib

import pytest

from .features_special import EXPECTED, count_features
from .model import twin
from .random_special import special_study
from .seeds import quick
from .test_twin_identities import close
from .toml_text import to_toml
from .values import random_values

SEEDS = range(200)


def test_special_studies_are_reproducible_and_written_as_toml() -> None:
    for seed in range(50):
        tree = special_study(seed)
        assert special_study(seed) == tree
        assert tomllib.loads(to_toml(tree)) == tree


def rare(seeds: range, times: int, studies: int) -> dict[str, tuple[int, int]]:
    """The features that occur less often than that."""
    found, within = count_features(seeds)
    return {feature: (found[feature], within[feature]) for feature in EXPECTED if found[feature] < times or within[feature] < studies}


def test_every_special_feature_occurs_in_the_ordinary_studies() -> None:
    assert not rare(range(60), 2, 1)


@pytest.mark.slow
def test_every_special_feature_occurs_many_times() -> None:
    assert not rare(SEEDS, 6, 5)


@pytest.mark.parametrize("seed", quick(range(100), 40))
def test_identities(seed: int) -> None:
    tree = special_study(seed)
    plan, draws = random_values(tree, seed, 3)
    out = twin(tree, plan, draws)
    for result in [out["plan"], *out["draws"]]:
        for t, scale in enumerate(result["scale"]["net_position"]):
            position = result["party_position"][t]
            costs = sum(result["scheme_cost"][t].values()) + sum(result["investment"][t].values())
            everyone = sum(result["funding"][t].values()) - sum(result["provider_cost"][t].values()) - costs
            assert close(sum(position.values()), everyone, scale)
            inside = [party for party, table in tree["parties"].items() if table.get("in_system", True)]
            assert close(sum(position[party] for party in inside), result["net_position"][t], scale)
            assert close(sum(result["scheme_saving"][t].values()), sum(result["gross_saving"][t].values()), scale)
            for line, pressure in result["spend_pressure"][t].items():
                # the waterfall: pressure, required efficiency, schemes
                efficiency = pressure - result["spend_do_nothing"][t][line]
                assert close(pressure - efficiency - result["gross_saving"][t][line], result["spend"][t][line], scale)
            for name in tree.get("arrangements", {}):
                gain, pool = result["gain"][t][name], result["pool"][t][name]
                assert close(sum(result["settlement"][t][name].values()), 0.0, scale)
                assert close(sum(result["payout"][t][name].values()), pool, scale)
                # the sum of W is G
                assert close(sum(result["windfall"][t][name].values()), pool / gain * gain if gain else 0.0, scale)
