"""The worked settlements of MODEL.md section 6 through the contract rules, in order: in decimals to the penny, and compiled."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from simengine.contract.limits import limit_to_corridor
from simengine.contract.quality import GAIN_RULES, gain_multiplier
from simengine.contract.savings_rate import rate_met, shareable_pool
from simengine.contract.settlement import held_by_payer, held_by_provider, settlement, shared_part
from simengine.projection.payment import payment
from tests.unit.contract.decimals import body
from tests.unit.contract.worked import WORKED, Worked

pytestmark = [pytest.mark.unit, pytest.mark.plain]

Rule = Callable[[Callable[..., Any]], Callable[..., Any]]


def settle(case: Worked, number: Callable[[str], Any], rule: Rule) -> dict[str, Any]:
    """The order of operations of MODEL.md section 6 for one year, on decimals or on floats."""
    baseline, outturn, rate = number(case.baseline), number(case.outturn), number(case.rate)
    gain = baseline - outturn
    met = rule(rate_met)(gain, baseline, rate, rate)
    deducted = rate * baseline if case.excess else number("0")
    pool = rule(shareable_pool)(gain, met, deducted, deducted)
    phi = rule(shared_part)(pool, gain)
    paid = rule(payment)(number(case.planned_payment), number(case.variable_share), outturn)
    held = dict.fromkeys(case.wanted, number("0"))
    held["commissioner"] = rule(held_by_payer)(baseline, paid)
    held[case.provider] = rule(held_by_provider)(paid, outturn)
    payouts = {"commissioner": pool}
    for party, share in case.shares.items():
        part = number("0") if case.one_sided and gain < 0 else number(share)
        amount = rule(gain_multiplier)(number(case.quality.get(party, "1")), GAIN_RULES["multiplier"], number("0")) * part * pool
        far = number("1000000")
        payouts[party] = rule(limit_to_corridor)(amount, far, number(case.cap[party]) if party in case.cap else far)
        payouts["commissioner"] -= payouts[party]
    return {party: rule(settlement)(payout, phi, held[party]) for party, payout in payouts.items()}


@pytest.mark.parametrize("case", WORKED, ids=lambda case: case.name)
def test_in_decimals_to_the_last_digit(case: Worked) -> None:
    found = settle(case, Decimal, body)
    assert found == {party: Decimal(amount) for party, amount in case.wanted.items()}
    assert sum(found.values()) == 0


@pytest.mark.parametrize("case", WORKED, ids=lambda case: case.name)
def test_compiled(case: Worked) -> None:
    """Exactly, although .3 and 1.6 are not binary fractions: each amount is the float nearest to the printed one."""
    assert settle(case, float, lambda rule: rule) == {party: float(amount) for party, amount in case.wanted.items()}
