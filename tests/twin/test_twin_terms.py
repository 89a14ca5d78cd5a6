"""Hand-worked cases of every further term of gain and loss sharing: thresholds, the pool, the parties' amounts, several years.

The line is worth 100,000 a year in the plan; amounts in a study are in thousands. Shares: community half, acute three tenths.
"""

from __future__ import annotations

import math

import pytest

from .thresholds import MSSP, rate_of_size, size_rows
from .worked_deals import deal, deals, settlements, study

SHARES = {"gain_share": {"community": 0.5, "acute": 0.3}}

# Thresholds


def test_a_rate_by_size_is_linear_in_its_row_flat_between_rows_and_nothing_below_the_first() -> None:
    rows = size_rows("mssp")
    assert len(rows) == len(MSSP)
    # 3.6 % at 6,000 people, 3.4 % at 6,999: half way at 6,499.5
    assert rate_of_size(rows, 6000.0) == pytest.approx(0.036)
    assert rate_of_size(rows, 6499.5) == pytest.approx(0.035)
    assert rate_of_size(rows, 6999.0) == rate_of_size(rows, 6999.9) == pytest.approx(0.034)
    # the last row has no end
    assert rate_of_size(rows, 60000.0) == rate_of_size(rows, 1e7) == pytest.approx(0.02)
    assert math.isnan(rate_of_size(rows, 499.9))


TABLE = [{"from": 1000.0, "to": 1999.0, "low": 0.10, "high": 0.06}, {"from": 2000.0, "low": 0.05, "high": 0.05}]


def sized(terms: dict, people: float, saved: float) -> object:
    """A settlement with a list that was planned at 1,000 people and is drawn as said."""
    tree = study(1, terms)
    tree["population"] = {"size": {"dist": "uniform", "min": 100.0, "max": 1900.0}}
    name = "schemes.team.delivery"
    return settlements(tree, {name: [0.0], "population.size": [1000.0]}, {name: [saved], "population.size": [people]})[0]


def test_the_rate_follows_the_drawn_list() -> None:
    terms = {"msr_table": TABLE, "msr_kind": "excess", **SHARES}
    # 1,499.5 people: 8 % of 100,000
    found = sized(terms, 1499.5, 0.09)
    assert found.pool == pytest.approx(1000.0)
    assert (sized(terms, 1499.5, 0.07).pool, sized(terms, 1499.5, 0.07).msr_met) == (0.0, 0)
    # a loss has the same table
    assert sized(terms, 1499.5, -0.09).pool == pytest.approx(-1000.0)
    assert sized({**terms, "mlr": 0.0}, 1499.5, -0.05).pool == pytest.approx(-5000.0)
    own = [{"from": 500.0, "low": 0.03, "high": 0.03}]
    assert sized({**terms, "mlr_table": own}, 1499.5, -0.09).pool == pytest.approx(-6000.0)
    assert math.isnan(sized(terms, 900.0, 0.2).pool)
    assert math.isnan(sized(terms, 900.0, 0.2).settlement["acute"])
    # so it is where the table without a rate is the other side's
    assert math.isnan(sized({**SHARES, "mlr_table": TABLE, "mlr_kind": "excess"}, 900.0, 0.2).pool)


def test_part_of_a_gain_below_the_rate_is_shared_from_the_first_pound() -> None:
    terms = {"msr": 0.05, "msr_kind": "excess", "below_msr": {"part": 0.5}, **SHARES}
    found = deal(terms, 0.04)
    # half of 4,000 is shared; the other half stays where payment left it (with the payer, who pays by activity)
    assert (found.pool, found.msr_met) == (pytest.approx(2000.0), 0)
    assert found.settlement == pytest.approx({"ccg": -1600.0, "community": 1000.0, "acute": 600.0})
    assert deal(terms, 0.06).pool == pytest.approx(1000.0)
    assert deal(terms, -0.04).pool == 0.0
    # bands count from 0: 1 % at 10 %, 1 % at 60 %
    bands = {"b": {"from": 0.01, "share": {"acute": 0.6}}}
    banded = {**terms, "gain_share": {"acute": 0.1}, "loss_share": {"acute": 0.1}, "gain_bands": bands}
    assert deal(banded, 0.04).payout["acute"] == pytest.approx(100.0 + 600.0)
    sizes = {**terms, "below_msr": {"part": 0.5, "from": 1200.0}}
    assert sized(sizes, 1200.0, 0.04).pool == pytest.approx(2000.0)
    assert sized(sizes, 1199.0, 0.04).pool == 0.0


def test_a_guardrail_stops_a_gain_and_no_loss() -> None:
    terms = {"guardrail": 1.0, "msr": 0.01, "msr_kind": "first_pound", **SHARES}
    gain, loss = deal(terms, 0.1), deal(terms, -0.1)
    assert (gain.pool, gain.msr_met, set(gain.settlement.values())) == (0.0, 1, {0.0})
    assert (loss.pool, loss.msr_met) == (pytest.approx(-10000.0), -1)
    assert deal({**terms, "guardrail": 0.0}, 0.1).pool == pytest.approx(10000.0)
    assert deal({**terms, "below_msr": {"part": 1.0}}, 0.005).pool == 0.0


# The pool


def test_limits_on_the_pool_are_the_smaller_of_their_bases_and_leave_the_rest_where_it_is() -> None:
    terms = {**SHARES, "pool_cap": {"of_baseline": 0.06, "amount": 7.0}, "pool_collar": {"of_baseline": 0.04, "amount": 3.0}}
    gain = deal(terms, 0.1)
    assert gain.pool == pytest.approx(6000.0)
    assert gain.payout == pytest.approx({"ccg": 1200.0, "community": 3000.0, "acute": 1800.0})
    # 0.6 of the 10,000 the payer holds is shared
    assert gain.windfall == pytest.approx({"ccg": 6000.0, "community": 0.0, "acute": 0.0})
    loss = deal(terms, -0.1)
    assert (loss.pool, loss.payout["community"]) == (pytest.approx(-3000.0), pytest.approx(-1500.0))
    # cap_hit is about a party's own limit
    assert set(gain.cap_hit.values()) | set(loss.collar_hit.values()) == {0}


def test_a_limit_on_the_pool_takes_from_the_top_band() -> None:
    bands = {"high": {"from": 0.05, "share": {"acute": 0.8}}}
    terms = {"gain_share": {"acute": 0.2}, "loss_share": {"acute": 0.2}, "gain_bands": bands, "pool_cap": {"of_baseline": 0.06}}
    # 5 % at a fifth, 1 % at four fifths
    assert deal(terms, 0.1).payout["acute"] == pytest.approx(1000.0 + 800.0)
    excess = {**terms, "msr": 0.02, "msr_kind": "excess"}
    # 8 % beyond the rate, held to 6 %: from 2 % to 8 %
    assert deal(excess, 0.1).payout["acute"] == pytest.approx(600.0 + 2400.0)


def test_a_fund_takes_its_share_off_the_top_of_a_gain_and_bears_no_loss() -> None:
    terms = {**SHARES, "fund": {"party": "pot", "share": 0.1}, "pool_cap": {"of_baseline": 0.08}}
    gain = deal(terms, 0.1)
    assert gain.pool == pytest.approx(8000.0)
    assert gain.payout == pytest.approx({"ccg": 1440.0, "community": 3600.0, "acute": 2160.0, "pot": 800.0})
    assert gain.settlement == pytest.approx({"ccg": 1440.0 - 8000.0, "community": 3600.0, "acute": 2160.0, "pot": 800.0})
    assert deal(terms, -0.1).payout == pytest.approx({"ccg": -2000.0, "community": -5000.0, "acute": -3000.0, "pot": 0.0})


def test_a_fund_takes_from_the_top_band() -> None:
    bands = {"high": {"from": 0.05, "share": {"acute": 0.8}}}
    terms = {"gain_share": {"acute": 0.2}, "loss_share": {"acute": 0.2}, "gain_bands": bands, "fund": {"party": "pot", "share": 0.2}}
    # 8 % is left of 10 %
    assert deal(terms, 0.1).payout["acute"] == pytest.approx(1000.0 + 2400.0)


# Losses carried forward


def test_a_loss_of_a_one_sided_year_reduces_later_gains_until_it_is_used_up() -> None:
    terms = {**SHARES, "msr": 0.02, "msr_kind": "first_pound", "sides": "one", "carry_forward": {"years": 2}}
    found = deals(terms, [-0.05, 0.03, 0.01, 0.04])
    # 5,000 are carried; 3,000 of them take all of the gain of year 2; year 3 meets no rate; in year 4 the loss has expired
    assert [one.pool for one in found] == pytest.approx([-5000.0, 0.0, 0.0, 4000.0])
    assert [one.msr_met for one in found] == [-1, 1, 0, 1]
    assert found[0].payout == pytest.approx({"ccg": -5000.0, "community": 0.0, "acute": 0.0})
    longer = deals({**terms, "carry_forward": {"years": 3}}, [-0.05, 0.03, 0.01, 0.04])
    assert longer[3].pool == pytest.approx(2000.0)
    assert longer[3].settlement == pytest.approx({"ccg": -1600.0, "community": 1000.0, "acute": 600.0})


def test_losses_are_used_oldest_first() -> None:
    terms = {**SHARES, "sides": "one", "carry_forward": {"years": 2}}
    found = deals(terms, [-0.02, -0.03, 0.01, 0.05])
    # year 3 uses 1,000 of year 1, whose other 1,000 then expire: year 4 has the 3,000 of year 2 against it
    assert [one.pool for one in found] == pytest.approx([-2000.0, -3000.0, 0.0, 2000.0])


def test_what_a_collar_held_back_is_carried_as_its_part_of_the_pool() -> None:
    terms = {"gain_share": {"acute": 0.4}, "collar": {"acute": {"of_baseline": 0.01}}, "carry_forward": {"years": 1}}
    found = deals(terms, [-0.1, 0.08, 0.08])
    # 4,000 of 10,000 are the provider's, 1,000 are charged: three quarters of the loss are carried
    assert [one.pool for one in found] == pytest.approx([-10000.0, 500.0, 8000.0])
    assert found[0].collar_hit["acute"] == 1


def test_quality_and_a_relief_are_no_loss_put_off() -> None:
    soft = {"score": 0.5, "loss": "soften", "soften": 1.0, "gain": "none"}
    terms = {"gain_share": {"acute": 0.4}, "quality": soft, "carry_forward": {"years": 1}}
    assert deals(terms, [-0.1, 0.08])[1].pool == pytest.approx(8000.0)
    relieved = {**terms, "loss_adjustment": [0.5, 0.0], "collar": {"acute": {"of_baseline": 0.015}}}
    found = deals(relieved, [-0.1, 0.08])
    # 2,000 after quality, 1,500 after the collar, 1,000 after the relief: a quarter is carried
    assert found[0].payout["acute"] == pytest.approx(-1000.0)
    assert found[1].pool == pytest.approx(8000.0 - 2500.0)


def test_a_pool_collar_is_no_loss_put_off_either() -> None:
    terms = {**SHARES, "sides": ["one", "two"], "pool_collar": {"of_baseline": 0.02}, "carry_forward": {"years": 1}}
    assert [one.pool for one in deals(terms, [-0.1, 0.08])] == pytest.approx([-2000.0, 6000.0])


def test_an_order_puts_the_fund_before_the_losses_carried() -> None:
    terms = {**SHARES, "sides": "one", "carry_forward": {"years": 1}, "fund": {"party": "pot", "share": 0.1}}
    last = ["quality", "deduction", "limits", "loss_adjustment", "term_limits"]
    usual = deals(terms, [-0.04, 0.1])[1]
    # 4,000 off, a tenth of 6,000 to the fund
    assert (usual.pool, usual.payout["pot"]) == (pytest.approx(6000.0), pytest.approx(600.0))
    turned = deals({**terms, "order": ["pool_limits", "fund", "carry_forward", *last]}, [-0.04, 0.1])[1]
    # a tenth of 10,000, and 4,000 off the other 9,000
    assert (turned.pool, turned.payout["pot"]) == (pytest.approx(6000.0), pytest.approx(1000.0))
    assert turned.payout["community"] == pytest.approx(2500.0)


# The parties' amounts


@pytest.mark.parametrize(
    ("standard", "met", "alternative", "gain", "loss"),
    [
        ("none", 0.0, 0.0, 0.8, 0.8),
        ("required", 1.0, 0.0, 0.8, 0.8),
        ("required", 0.0, 1.0, 0.0, 0.0),
        ("full", 1.0, 0.0, 1.0, 0.8),
        ("full", 0.0, 1.0, 0.8, 0.8),
        ("full", 0.0, 0.0, 0.0, 0.0),
    ],
)
def test_what_a_score_of_eight_tenths_counts_for(standard: str, met: float, alternative: float, gain: float, loss: float) -> None:
    quality = {"score": 0.8, "standard": standard, "met": met, "alternative_met": alternative, "loss": "soften", "soften": 0.5}
    terms = {**SHARES, "quality": quality}
    assert deal(terms, 0.1).payout["community"] == pytest.approx(5000.0 * gain)
    assert deal(terms, -0.1).payout["community"] == pytest.approx(-5000.0 * (1 - 0.5 * loss))
    rate = {**quality, "loss": "loss_rate", "loss_share_max": 0.75, "loss_floor": 0.4, "loss_ceiling": 0.75}
    del rate["soften"]
    # 0.4 where the score counts (1 - 0.6), the ceiling where it does not; five eighths of it are the community's
    rated = deal({**terms, "quality": rate}, -0.1).payout["community"]
    assert rated == pytest.approx(-10000.0 * (0.4 if loss else 0.75) * 5 / 8)


def test_quality_by_year_and_a_gate_on_the_score_that_counts() -> None:
    quality = {"score": 0.8, "standard": ["none", "required", "full"], "met": [0.0, 0.0, 1.0], "gain": "gate", "gate": [0.9, 0.5, 1.0]}
    found = deals({**SHARES, "quality": quality}, [0.1, 0.1, 0.1])
    assert [one.payout["acute"] for one in found] == pytest.approx([0.0, 0.0, 3000.0])


def test_a_deduction_is_off_gains_and_before_the_cap() -> None:
    terms = {**SHARES, "deduction": 0.02, "cap": {"acute": {"amount": 2.95}}}
    gain = deal(terms, 0.1)
    # 3,000 less 2 % is 2,940: below the cap, which the other order would hit
    assert gain.payout == pytest.approx({"ccg": 10000.0 - 4900.0 - 2940.0, "community": 4900.0, "acute": 2940.0})
    assert gain.cap_hit["acute"] == 0
    assert deal(terms, -0.1).payout["acute"] == pytest.approx(-3000.0)
    order = ["pool_limits", "carry_forward", "fund", "quality", "limits", "deduction", "loss_adjustment", "term_limits"]
    turned = deal({**terms, "order": order}, 0.1)
    assert (turned.payout["acute"], turned.cap_hit["acute"]) == (pytest.approx(0.98 * 2950.0), 1)


def test_a_loss_rate_after_a_collar_multiplies_what_the_collar_left() -> None:
    quality = {"score": 0.8, "loss": "loss_rate", "loss_share_max": 0.75, "loss_floor": 0.2, "loss_ceiling": 0.8}
    terms = {**SHARES, "quality": quality, "collar": {"acute": {"of_baseline": 0.02}}}
    # 0.4 of 10,000, three eighths of it
    assert deal(terms, -0.1).payout["acute"] == pytest.approx(-1500.0)
    order = ["pool_limits", "carry_forward", "fund", "deduction", "limits", "loss_adjustment", "term_limits", "quality"]
    # 3,000 by the share, 2,000 by the collar, and 0.4 in place of 0.8
    assert deal({**terms, "order": order}, -0.1).payout["acute"] == pytest.approx(-1000.0)


def test_a_gain_of_rounding_settles_nothing() -> None:
    """A block of 100,000 paid for what costs it but for the last bits: W is not asked for."""
    terms = {"baseline": "explicit", "baseline_value": 90.0, "gain_share": {"acute": 0.5}}
    for saved, settled in ((0.1 + 1e-14, False), (0.1 - 1e-14, False), (0.1 + 1e-9, True)):
        found = deal(terms, saved, variable_share=0.0)
        assert (found.msr_met, found.pool != 0.0, any(found.settlement.values())) == (int(settled), settled, settled)


def test_a_relief_is_divided_by_the_loss_shares_after_the_limits_and_makes_no_gain() -> None:
    terms = {**SHARES, "loss_adjustment": 1.6, "collar": {"acute": {"of_baseline": 0.02}}}
    found = deal(terms, -0.1)
    # five eighths of 1,600 to the community, three to acute, whose collar is at 2,000
    assert found.payout == pytest.approx({"ccg": -10000.0 + 4000.0 + 1400.0, "community": -4000.0, "acute": -1400.0})
    assert deal(terms, -0.01).payout == pytest.approx({"ccg": -1000.0, "community": 0.0, "acute": 0.0})
    assert deal(terms, 0.01).payout["community"] == pytest.approx(500.0)
    # no loss shares below the first band: each has half
    banded = {
        **SHARES,
        "loss_share": {"community": 0.0, "acute": 0.0},
        "loss_bands": {"b": {"from": 0.05, "share": {"community": 0.6, "acute": 0.4}}},
        "loss_adjustment": 1.0,
    }
    assert deal(banded, -0.1).payout == pytest.approx({"ccg": -6000.0 + 0.0, "community": -2500.0, "acute": -1500.0})


def test_limits_over_the_term() -> None:
    terms = {"gain_share": {"acute": 0.5}, "term_cap": {"acute": {"amount": 8.0}}, "term_collar": {"acute": {"of_baseline": 0.01}}}
    found = deals(terms, [0.1, 0.1, -0.2, -0.1])
    # of_baseline is of the 400,000 of the term
    assert [one.payout["acute"] for one in found] == pytest.approx([5000.0, 3000.0, -10000.0, -2000.0])
    assert [one.cap_hit["acute"] for one in found] == [0, 1, 0, 0]
    assert [one.collar_hit["acute"] for one in found] == [0, 0, 0, 1]
    # acute is paid 100,000 a year in the plan
    income = deals({"gain_share": {"acute": 0.5}, "term_cap": {"acute": {"of_income": 0.03, "amount": 9.0}}}, [0.1, 0.1])
    assert [one.payout["acute"] for one in income] == pytest.approx([5000.0, 1000.0])


def test_unearned_improvement_payments_use_up_a_collar() -> None:
    terms = {"gain_share": {"acute": 0.5}, "include_ips": True, "collar": {"acute": {"of_baseline": 0.04}}}
    terms |= {"baseline": "budget", "budget": "whole"}
    tree = study(1, terms)
    del tree["arrangements"]["deal"]["plan_includes_schemes"]
    tree["budgets"] = {
        "whole": {
            "commissioner": "ccg",
            "holder": "acute",
            "services": ["care"],
            "value": "plan",
            "plan_includes_schemes": 0.0,
            "improvement_payments": {"a": {"weight": 0.05, "score": {"dist": "uniform", "min": 0.0, "max": 1.0}}},
        }
    }
    names = ["schemes.team.delivery", "budgets.whole.improvement_payments.a.score"]
    planned = dict(zip(names, [[0.0], [1.0]], strict=True))
    # 0.4 of 5,000 is not earned: 2,000 of the collar of 4,000 are left
    assert settlements(tree, planned, dict(zip(names, [[-0.1], [0.6]], strict=True)))[0].payout["acute"] == pytest.approx(-2000.0)
    # more is not earned than the collar has
    assert settlements(tree, planned, dict(zip(names, [[-0.1], [0.1]], strict=True)))[0].payout["acute"] == pytest.approx(0.0)
    assert settlements(tree, planned, dict(zip(names, [[0.1], [0.1]], strict=True)))[0].payout["acute"] == pytest.approx(5000.0)
