"""The random studies with further terms: written as TOML, every term many times, and the identities of the twin on them."""

from __future__ import annotations

import tomllib

import pytest

from .features_terms import EXPECTED, count_features
from .model import twin
from .random_terms import term_study
from .test_twin_identities import close
from .toml_text import to_toml
from .values import random_values

STUDIES = 100
QUICK = 12

seeds = [pytest.param(seed, marks=[] if seed < QUICK else [pytest.mark.slow]) for seed in range(STUDIES)]


def test_term_studies_are_reproducible_and_written_as_toml() -> None:
    for seed in range(40):
        tree = term_study(seed)
        assert term_study(seed) == tree
        assert tomllib.loads(to_toml(tree)) == tree


@pytest.mark.slow
def test_every_term_is_met_many_times() -> None:
    times = count_features(range(200))
    assert {feature: times[feature] for feature, least in EXPECTED.items() if times[feature] < least} == {}


@pytest.mark.parametrize("seed", seeds)
def test_identities(seed: int) -> None:
    tree = term_study(seed)
    for scenario in [None, *tree.get("scenarios", {})]:
        plan, draws = random_values(tree, seed, 3, scenario)
        out = twin(tree, plan, draws, scenario)
        for result in [out["plan"], *out["draws"]]:
            for t, scale in enumerate(result["scale"]["net_position"]):
                before, after = (sum(result[key][t].values()) for key in ("party_position_before", "party_position"))
                assert close(before, after, scale)
                for name in tree.get("arrangements", {}):
                    assert close(sum(result["settlement"][t][name].values()), 0.0, scale)
                    for key in ("payout", "windfall"):
                        assert close(sum(result[key][t][name].values()), result["pool"][t][name], scale)
