"""Checks of the twin's gain and loss sharing: the worked settlements of MODEL.md section 6 and cases computed by hand."""

from __future__ import annotations

import pytest

from .contract import Settlement, Side, Terms, settle
from .model import twin
from .parties import PartyTerms
from .test_twin import base_tree, with_scheme

# Gain/loss sharing: the worked settlements of MODEL.md section 6


def worked(held: dict[str, float], outturn: float = 90.0, multiplier: dict[str, float] | None = None) -> dict[str, float]:
    """B = 100, excess MSR 2 %, shares commissioner .2, community .5, acute .3."""
    side = Side(0.02, "excess", [(0.0, {"commissioner": 0.2, "community": 0.5, "acute": 0.3})], multiplier or {})
    return settle(
        100.0, outturn, {"commissioner": 0.0, "community": 0.0, "acute": 0.0, **held}, "commissioner", Terms(side, side)
    ).settlement


def held(variable: float, planned_payment: float, outturn: float) -> dict[str, float]:
    """What payment of B = 100 leaves with the commissioner and the acute provider."""
    paid = planned_payment + variable * (outturn - planned_payment)
    return {"commissioner": 100.0 - paid, "acute": paid - outturn}


def test_worked_settlements_of_three_parties() -> None:
    assert worked(held(1.0, 100.0, 90.0)) == pytest.approx({"commissioner": -6.4, "community": 4.0, "acute": 2.4})
    assert worked(held(0.0, 100.0, 90.0)) == pytest.approx({"commissioner": 1.6, "community": 4.0, "acute": -5.6})
    assert worked(held(0.2, 100.0, 90.0)) == pytest.approx({"commissioner": 0.0, "community": 4.0, "acute": -4.0}, abs=1e-12)
    half = worked(held(1.0, 100.0, 90.0), multiplier={"community": 0.5})
    assert half == pytest.approx({"commissioner": -4.4, "community": 2.0, "acute": 2.4})


def test_worked_settlement_of_a_block_with_schemes() -> None:
    side = Side(0.0, "first_pound", [(0.0, {"provider": 0.5})])
    paid = held(0.0, 95.0, 93.0)
    result = settle(100.0, 93.0, {"commissioner": paid["commissioner"], "provider": paid["acute"]}, "commissioner", Terms(side, side))
    assert result.settlement == pytest.approx({"commissioner": -1.5, "provider": 1.5})


def test_worked_settlement_with_a_cap() -> None:
    side = Side(0.02, "excess", [(0.0, {"provider": 0.7})])
    paid = {"commissioner": 0.0, "provider": 20.0}
    result = settle(100.0, 80.0, paid, "commissioner", Terms(side, side, parties=PartyTerms(caps={"provider": 5.0})))
    assert result.settlement == pytest.approx({"commissioner": 13.0, "provider": -13.0})
    assert (result.cap_hit, result.collar_hit) == ({"commissioner": 0, "provider": 1}, {"commissioner": 0, "provider": 0})


def test_worked_settlement_of_a_one_sided_budget() -> None:
    side = Side(0.02, "excess", [(0.0, {"holder": 1.0})])
    result = settle(100.0, 110.0, {"commissioner": 0.0, "holder": -10.0}, "commissioner", Terms(side, side, one_sided=True))
    assert result.settlement == pytest.approx({"holder": 8.0, "commissioner": -8.0})
    assert (result.pool, result.msr_met) == (pytest.approx(-8.0), -1)


def deal(line: dict, terms: dict, drawn: float) -> Settlement:
    """A whole study: baseline 100k, a scheme that in the draw saves the share given and in the plan nothing."""
    tree = with_scheme(base_tree(1, **line), 1.0, delivery={"dist": "uniform", "min": 0.0, "max": 1.0})
    tree["parties"]["community"] = {"role": "provider"}
    tree["arrangements"] = {"deal": {"services": ["care"], "baseline": "plan", "plan_includes_schemes": 0.0, **terms}}
    name = "schemes.team.delivery"
    result = twin(tree, {name: [0.0]}, [{name: [drawn]}])["draws"][0]
    keys = ["baseline", "outturn", "gain", "pool", "msr_met", "payout", "windfall", "settlement", "cap_hit", "collar_hit"]
    return Settlement(**{key: result[key][0]["deal"] for key in keys})


TERMS = {"msr": 0.02, "msr_kind": "excess", "gain_share": {"community": 0.5, "acute": 0.3}}


@pytest.mark.parametrize(
    ("variable", "quality", "expected"),
    [
        (1.0, {}, {"ccg": -6400.0, "community": 4000.0, "acute": 2400.0}),
        (0.0, {}, {"ccg": 1600.0, "community": 4000.0, "acute": -5600.0}),
        (0.2, {}, {"ccg": 0.0, "community": 4000.0, "acute": -4000.0}),
        (1.0, {"score": 1.0, "community": 0.5}, {"ccg": -4400.0, "community": 2000.0, "acute": 2400.0}),
    ],
)
def test_worked_settlements_through_a_study(variable: float, quality: dict, expected: dict) -> None:
    terms = {**TERMS, "quality": quality} if quality else TERMS
    assert deal({"variable_share": variable}, terms, 0.1).settlement == pytest.approx(expected, abs=1e-8)


def test_worked_cap_and_block_through_a_study() -> None:
    terms = {"msr": 0.02, "msr_kind": "excess", "gain_share": {"acute": 0.7}, "cap": {"acute": {"amount": 5.0, "of_baseline": 0.5}}}
    result = deal({"variable_share": 0.0}, terms, 0.2)
    assert result.settlement == pytest.approx({"ccg": 13000.0, "acute": -13000.0})
    block = deal({"variable_share": 0.0, "payment_baseline": 95.0}, {"gain_share": {"acute": 0.5}}, 0.07)
    assert block.settlement == pytest.approx({"ccg": -1500.0, "acute": 1500.0})


def test_losses_collars_and_quality() -> None:
    line = {"variable_share": 1.0}
    terms = {**TERMS, "mlr": 0.04, "mlr_kind": "first_pound", "loss_share": {"community": 0.25, "acute": 0.25}}
    loss = deal(line, terms, -0.04 - 1e-9)
    assert (loss.msr_met, loss.pool) == (-1, pytest.approx(-4000.0))
    assert loss.payout == pytest.approx({"ccg": -2000.0, "community": -1000.0, "acute": -1000.0})
    assert deal(line, terms, -0.03).payout == {"ccg": 0.0, "community": 0.0, "acute": 0.0}
    collared = deal(line, {**terms, "collar": {"acute": {"of_baseline": 0.005, "of_income": 0.5}}}, -0.1)
    assert collared.payout == pytest.approx({"ccg": -7000.0, "community": -2500.0, "acute": -500.0})
    assert collared.collar_hit == {"ccg": 0, "community": 0, "acute": 1}
    softened = deal(line, {**terms, "quality": {"score": 0.5, "loss": "soften", "soften": 0.4}}, -0.1)
    assert softened.payout == pytest.approx({"ccg": -6000.0, "community": -2000.0, "acute": -2000.0})
    rate = {"score": 0.8, "loss": "loss_rate", "loss_share_max": 0.75, "loss_floor": 0.5, "loss_ceiling": 0.6}
    rated = deal(line, {**terms, "quality": rate}, -0.1)
    assert rated.payout == pytest.approx({"ccg": -5000.0, "community": -2500.0, "acute": -2500.0})
    one = deal(line, {**terms, "sides": "one"}, -0.1)
    assert one.payout == pytest.approx({"ccg": -10000.0, "community": 0.0, "acute": 0.0})
    gate = {"score": 0.5, "gain": "gate", "gate": 0.5, "acute": 0.49}
    assert deal(line, {**terms, "quality": gate}, 0.12).payout == pytest.approx({"ccg": 5000.0, "community": 5000.0, "acute": 0.0})


def test_bands_are_marginal() -> None:
    bands = {"high": {"from": 0.05, "share": {"acute": 0.8}}}
    terms = {"gain_share": {"acute": 0.2}, "loss_share": {"acute": 0.1}, "gain_bands": bands}
    assert deal({}, terms, 0.1).payout["acute"] == pytest.approx(0.2 * 5000 + 0.8 * 5000)
    excess = {**terms, "msr": 0.02, "msr_kind": "excess"}
    assert deal({}, excess, 0.1).payout["acute"] == pytest.approx(0.2 * 3000 + 0.8 * 5000)
    assert deal({}, excess, -0.1).payout["acute"] == pytest.approx(-0.1 * 8000)
    losses = {**excess, "loss_bands": {"high": {"from": 0.01, "share": {"acute": 0.5}}}}
    assert deal({}, losses, -0.1).payout["acute"] == pytest.approx(-0.5 * 8000)


def test_explicit_stretched_baseline() -> None:
    terms = {"baseline": "explicit", "baseline_value": 120.0, "stretch": 0.1, "gain_share": {"acute": 0.5}}
    result = deal({"variable_share": 0.0}, terms, 0.02)
    assert (result.baseline, result.outturn) == (pytest.approx(108000.0), pytest.approx(98000.0))
    # The block of 100,000 leaves 8,000 with the payer and 2,000 with the provider.
    assert result.settlement == pytest.approx({"ccg": 5000.0 - 8000.0, "acute": 5000.0 - 2000.0})
