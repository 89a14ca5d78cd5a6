"""Terms about the pool as whole studies, by hand: rates by size, below the rate, guardrail, pool limits, carry-forward, fund, bands."""

import pytest

from simengine.engine.plan import prepare
from simengine.errors import StudyError
from simengine.study.load import Study
from tests.unit.engine.deals import check_sums, deal, found, payouts
from tests.unit.engine.running import run_study

pytestmark = [pytest.mark.unit, pytest.mark.plain]

SIZES = [{"from": 1000, "to": 1999, "low": 0.08, "high": 0.04}, {"from": 2000, "low": 0.02, "high": 0.02}]


def close(values: list[float], wanted: list[float]) -> None:
    assert values == pytest.approx(wanted, rel=1e-12, abs=1e-9)


def test_a_rate_by_size_of_the_list() -> None:
    """1,000 people: 8 %, and 1,100 the year after: 7.6 %; a gain of 7.8 % counts in year 2 only. 2,200: 2 %."""
    growth = [0.0, 0.1, 1.0]
    terms = {"msr_table": SIZES, "msr_kind": "first_pound"}
    close(payouts([922, 922, 922], people={"size": 1000, "growth": growth}, **terms), [0, 39, 39])
    # the loss goes by the same table unless it has a rate of its own
    close(payouts([1078, 1078, 1078], people={"size": 1000, "growth": growth}, **terms), [0, -39, -39])
    close(payouts([1078, 1078, 1078], people={"size": 1000, "growth": growth}, mlr=0.078, **terms), [-39, -39, -39])
    # of the excess in year 2: 78 less 7.6 % + 0.4 % · 0/999 of the baseline
    rate = 0.08 - 0.04 * 100 / 999
    close(payouts([922, 922], people={"size": 1000, "growth": [0, 0.1]}, msr_table=SIZES, msr_kind="excess"), [0, (78 - 1000 * rate) / 2])


def test_a_rate_by_size_of_the_list_as_drawn() -> None:
    people = {"size": {"dist": "discrete", "values": [1000, 1999, 5000, 400], "weights": [0.25, 0.25, 0.25, 0.25], "plan": 5000}}
    run = run_study(deal([950], people=people, msr_table=SIZES, msr_kind="first_pound"), draws=64)
    sizes, pools = run.drivers()["population.size"][0], run.draws("pool")[0, 0]
    for size, pool in zip(sizes, pools, strict=True):
        # 5 %: below the 8 % of 1,000 people, above the 4 % of 1,999; 400 people have no rate, and the draw fails
        assert pool == {1000.0: 0.0, 1999.0: 50.0, 5000.0: 50.0}.get(size, pytest.approx(float("nan"), nan_ok=True))
    assert {1000.0, 1999.0, 5000.0, 400.0} == set(sizes)


def test_a_plan_below_the_table_is_refused() -> None:
    study = Study.from_dict(deal([950], people={"size": 400}, msr_table=SIZES, msr_kind="first_pound"))
    with pytest.raises(StudyError, match="no rate for the list"):
        prepare(study)


def test_the_named_table() -> None:
    """The shipped table of the Medicare Shared Savings Program: 3.9 % at 5,000 people, 3.6 % at 5,999, 2 % from 60,000."""
    terms = {"msr_table": "mssp", "msr_kind": "first_pound"}
    close(payouts([961.5, 961], people={"size": 5000}, **terms), [0, 19.5])
    close(payouts([964.5, 964], people={"size": 5999}, **terms), [0, 18])
    close(payouts([980.5, 980], people={"size": 60_000}, **terms), [0, 10])


def test_a_part_of_gains_below_the_rate() -> None:
    terms = {"msr": 0.04, "msr_kind": "first_pound", "below_msr": {"part": 0.5, "from": 5000}}
    run = run_study(deal([980, 950, 1020], people={"size": 5000}, **terms), draws=1)
    close(found(run, "pool"), [10, 50, 0])
    assert found(run, "msr_met") == [0, 1, 0]
    close(found(run, "payout", "trust"), [5, 25, 0])
    close(payouts([980], people={"size": 4999}, **terms), [0])
    # excess or first pound, what is shared below the rate is shared from the first pound
    bands = {"gain_bands": {"high": {"from": 0.008, "share": {"trust": 1.0}}}}
    close(payouts([980], people={"size": 5000}, **terms | {"msr_kind": "excess"}, **bands), [8 * 0.5 + 2 * 1.0])


def test_a_guardrail_leaves_losses() -> None:
    run = run_study(deal([900, 1100, 900], guardrail=[1, 1, 0]), draws=1)
    close(found(run, "pool"), [0, -100, 100])
    assert found(run, "msr_met") == [1, -1, 1]
    check_sums(run)


def test_limits_on_the_pool_come_before_the_shares() -> None:
    """The smaller of 6 % and 80, so 60; on losses 40. φ is of the pool so limited."""
    terms = {"pool_cap": {"of_baseline": 0.06, "amount": 80}, "pool_collar": {"amount": [40, 30, 40]}}
    run = run_study(deal([900, 1100, 970], **terms), draws=1)
    close(found(run, "pool"), [60, -30, 30])
    close(found(run, "windfall", "board"), [60, -30, 30])
    close(found(run, "payout", "trust"), [30, -15, 15])
    assert found(run, "cap_hit", "trust") == [0, 0, 0]
    check_sums(run)


def test_limits_on_the_pool_take_from_the_top_of_bands() -> None:
    """Half of the first 4 %, a tenth beyond: of 10 % limited to 6 %, 20 + 2; above a rate of 1 % (excess) 6 % more: 15 + 3."""
    bands = {"gain_bands": {"high": {"from": 0.04, "share": {"trust": 0.1}}}, "pool_cap": {"of_baseline": 0.06}}
    close(payouts([900], **bands), [22])
    close(payouts([900], msr=0.01, msr_kind="excess", **bands), [18])
    close(payouts([900], gain_bands=bands["gain_bands"]), [26])


def test_band_edges_by_year() -> None:
    close(payouts([900, 900], gain_bands={"high": {"from": [0.04, 0.02], "share": {"trust": 0.1}}}), [26, 18])


@pytest.mark.parametrize("years", [1, 2, 3])
def test_losses_carried_forward_expire(years: int) -> None:
    """A one-sided loss of 60 meets gains of 10, 20 and 100 in the three years after."""
    terms = {"sides": "one", "carry_forward": {"years": years}}
    left = {1: [0, 20, 100], 2: [0, 0, 100], 3: [0, 0, 70]}[years]
    run = run_study(deal([1060, 990, 980, 900], **terms), draws=1)
    close(found(run, "pool"), [-60, *left])
    close(found(run, "payout", "trust"), [0, *(one / 2 for one in left)])
    check_sums(run)


def test_the_oldest_loss_is_used_first() -> None:
    """Losses of 30 and 40, a gain of 35: 30 of the first year and 5 of the second, whose 35 meet the year after."""
    close(payouts([1030, 1040, 965, 900], sides="one", carry_forward={"years": 2}), [0, 0, 0, (100 - 35) / 2])


def test_what_a_collar_left_of_a_loss_is_carried() -> None:
    """Half of a loss of 80 is 40, 10 are charged: three quarters of the loss of 80 are carried, 60 of them meet a gain of 100."""
    close(payouts([1080, 900], collar={"trust": {"amount": 10}}, carry_forward={"years": 1}), [-10, 20])


def test_relief_is_not_carried() -> None:
    """Half of a loss of 80, less relief of 30, leaves 10: all of it was charged or given."""
    close(payouts([1080, 900], loss_adjustment=[30, 0], carry_forward={"years": 1}), [-10, 50])


def test_what_quality_takes_off_a_loss_is_not_carried() -> None:
    """Softened by half the full loss is 20, of which 10 are charged: half of the loss of 80 is carried."""
    quality = {"score": 0.5, "gain": "none", "loss": "soften", "soften": 1.0}
    close(payouts([1080, 900], quality=quality, collar={"trust": {"amount": 10}}, carry_forward={"years": 1}), [-10, 30])
    # whatever the order of the steps is
    order = ["pool_limits", "carry_forward", "fund", "limits", "quality", "deduction", "loss_adjustment", "term_limits"]
    softened = payouts([1080, 900], quality=quality, collar={"trust": {"amount": 10}}, carry_forward={"years": 1}, order=order)
    close(softened, [-5, (100 - 80 * 0.75) / 2])


def test_a_loss_that_is_limited_on_the_pool_is_carried_as_limited() -> None:
    close(payouts([1080, 900], sides="one", pool_collar={"amount": 30}, carry_forward={"years": 1}), [0, 35])


def test_a_fund_off_the_top_of_gains() -> None:
    """A tenth of a gain of 100 goes to the fund, half of the rest to the trust; a loss is none of the fund's."""
    run = run_study(deal([900, 1100], fund={"party": "fund", "share": 0.1}), draws=1)
    close(found(run, "pool"), [100, -100])
    close(found(run, "payout", "fund"), [10, 0])
    close(found(run, "payout", "trust"), [45, -50])
    close(found(run, "payout", "board"), [45, -50])
    close(found(run, "settlement", "board"), [-55, 50])
    check_sums(run)


def test_a_fund_before_or_after_losses_carried_forward() -> None:
    terms = {"sides": "one", "carry_forward": {"years": 1}, "fund": {"party": "fund", "share": 0.1}}
    close(payouts([1060, 900], party="fund", **terms), [0, 4])
    first = ["pool_limits", "fund", "carry_forward", "quality", "deduction", "limits", "loss_adjustment", "term_limits"]
    close(payouts([1060, 900], party="fund", order=first, **terms), [0, 10])
    close(payouts([1060, 900], order=first, **terms), [0, (90 - 60) / 2])


def test_a_fund_takes_from_the_top_of_bands() -> None:
    bands = {"gain_bands": {"high": {"from": 0.04, "share": {"trust": 0.1}}}}
    close(payouts([900], fund={"party": "fund", "share": 0.4}, **bands), [20 + 2])
