"""What must hold for every settlement, whatever the terms and the outturn (hypothesis)."""

from dataclasses import replace
from decimal import Context, Decimal, localcontext

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from simengine.settling.actual import Actual, Line
from simengine.settling.outcome import History, rounded, transfers
from simengine.settling.settle import PRECISION
from simengine.settling.steps import settle_year
from simengine.settling.terms import ONE, ZERO, Band, Limit, QualityTerms, Terms

pytestmark = pytest.mark.property

HUNDREDTH = Decimal("0.01")
TINY = Decimal(10) ** -20
"""Sums outside the settlement carry 28 digits, fewer than those inside it."""


def fractions(least=0, most=100):
    """Shares and rates in whole percent."""
    return st.integers(least, most).map(lambda percent: percent * HUNDREDTH)


def shares():
    """Shares of two parties that sum to at most 1."""
    return st.tuples(fractions(0, 50), fractions(0, 50)).map(lambda pair: dict(zip(("acute", "community"), pair, strict=True)))


@st.composite
def limits(draw):
    return {party: Limit(of_baseline=draw(fractions(0, 20))) for party in draw(st.sets(st.sampled_from(["acute", "community"])))}


@st.composite
def bands(draw):
    edges = sorted(draw(st.sets(st.integers(1, 20), max_size=2)))
    return tuple(Band(edge * HUNDREDTH, draw(shares())) for edge in edges)


@st.composite
def deals(draw, **fixed):
    """Terms of two providers: thresholds, bands, pool limits, quality, deduction, caps and collars, a fund."""
    stated = {
        "gain_share": draw(shares()),
        "loss_share": draw(shares()),
        "gain_bands": draw(bands()),
        "loss_bands": draw(bands()),
        "msr": draw(fractions(0, 5)),
        "mlr": draw(st.none() | fractions(0, 5)),
        "excess_gain": draw(st.booleans()),
        "excess_loss": draw(st.booleans()),
        "pool_cap": draw(st.just(Limit()) | fractions(1, 20).map(lambda share: Limit(of_baseline=share))),
        "quality": QualityTerms(
            gain=draw(st.integers(0, 2)), gate=draw(fractions()), loss=draw(st.integers(0, 1)), soften=draw(fractions())
        ),
        "deduction": draw(fractions(0, 10)),
        "cap": draw(limits()),
        "collar": draw(limits()),
        "fund": draw(st.none() | fractions(0, 50).map(lambda share: ("reserve", share))),
        **fixed,
    }
    return Terms("deal", "commissioner", ("acute", "community"), **stated)


def money(least, most):
    """Amounts in whole pennies."""
    return st.integers(least * 100, most * 100).map(lambda pennies: pennies * HUNDREDTH)


@st.composite
def years(draw):
    """A contract's year with what was paid to the acute provider."""
    paid = {"acute": draw(money(0, 2000))} if draw(st.booleans()) else {}
    line = Line("", draw(money(500, 1500)), draw(money(400, 1600)), paid)
    return Actual(2, "A", "2020", (line,), quality=draw(fractions()))


def settle(terms, year):
    with localcontext(Context(prec=PRECISION)):
        return settle_year(year, terms, History(), 0)


def side(outcome, amounts="payouts"):
    """What the provider side has of it."""
    return sum((getattr(outcome, amounts)[party] for party in ("acute", "community")), ZERO)


@given(deals(), years())
def test_settlements_sum_to_nothing_and_transfers_make_them(terms, year):
    found = rounded(settle(terms, year).settlements, terms.residual)
    assert sum(found.values()) == 0
    made = dict.fromkeys(found, ZERO)
    for payer, payee, amount in transfers(found):
        assert amount > 0
        made[payer] -= amount
        made[payee] += amount
    assert made == found


@given(deals(), years(), fractions(1, 20), st.sampled_from(["acute", "community"]))
def test_more_cap_never_pays_less(terms, year, more, party):
    held = terms.cap.get(party, Limit(of_baseline=ZERO))
    raised = replace(terms, cap={**terms.cap, party: Limit(of_baseline=held.of_baseline + more)})
    assert settle(raised, year).payouts[party] >= settle(replace(terms, cap={**terms.cap, party: held}), year).payouts[party]


@given(deals(), years(), fractions(1, 20), st.sampled_from(["acute", "community"]))
def test_more_collar_never_costs_the_others_more(terms, year, more, party):
    held = terms.collar.get(party, Limit(of_baseline=ZERO))
    raised = replace(terms, collar={**terms.collar, party: Limit(of_baseline=held.of_baseline + more)})
    bears, bore = settle(raised, year), settle(replace(terms, collar={**terms.collar, party: held}), year)
    assert bears.payouts[party] <= bore.payouts[party]
    assert bears.payouts["commissioner"] >= bore.payouts["commissioner"]


@given(deals(msr=Decimal("0.03"), mlr=None), years(), fractions(1, 100), st.integers(-299, 299))
def test_below_the_rate_nothing_is_shared_unless_the_terms_have_a_part_for_it(terms, year, part, points):
    line = year.lines[0]
    year = replace(year, lines=(replace(line, outturn=line.baseline * (1 - points * HUNDREDTH * HUNDREDTH)),))
    outcome = settle(terms, year)
    assert outcome.met == 0
    assert all(amount == 0 for amount in outcome.payouts.values())
    assert all(amount == 0 for amount in outcome.settlements.values())
    below = settle(replace(terms, below_part=part), year)
    assert abs(below.pool - (min(part * outcome.gain, _pool_cap(terms, outcome)) if outcome.gain > 0 else 0)) < TINY


def _pool_cap(terms, outcome):
    return Decimal("Infinity") if terms.pool_cap.of_baseline is None else terms.pool_cap.of_baseline * outcome.baseline


@given(deals(excess_gain=True, excess_loss=True, quality=QualityTerms()), years())
def test_a_penny_of_outturn_moves_payouts_by_a_penny_at_most_where_only_the_excess_is_shared(terms, year):
    line = year.lines[0]
    after = replace(year, lines=(replace(line, outturn=line.outturn + HUNDREDTH),))
    before, moved = settle(terms, year), settle(terms, after)
    assert abs(side(before) - side(moved)) <= HUNDREDTH
    assert abs(before.payouts["commissioner"] - moved.payouts["commissioner"]) <= HUNDREDTH


@given(deals(excess_gain=False, excess_loss=False, quality=QualityTerms()), years())
def test_first_pound_jumps_at_its_rate_and_nowhere_else(terms, year):
    line = year.lines[0]
    after = replace(year, lines=(replace(line, outturn=line.outturn + HUNDREDTH),))
    before, moved = settle(terms, year), settle(terms, after)
    assume(before.met == moved.met)
    assert abs(side(before) - side(moved)) <= HUNDREDTH


@given(deals(), years())
def test_one_sided_never_leaves_the_provider_side_worse_than_what_it_holds(terms, year):
    outcome = settle(replace(terms, one_sided=True, loss_share=dict.fromkeys(terms.loss_share, ZERO)), year)
    assert all(outcome.payouts[party] >= 0 for party in terms.parties)
    assert all(outcome.settlements[party] + outcome.windfalls[party] >= -TINY for party in terms.parties)


@given(deals(), years(), st.lists(fractions(1, 99), min_size=1, max_size=4))
def test_splitting_a_year_into_lines_changes_nothing_where_they_are_netted(terms, year, cuts):
    line, parts, rest = year.lines[0], [], ONE
    for cut in [*cuts, ONE]:
        share, rest = rest * cut, rest * (1 - cut)
        parts.append(
            Line(f"l{len(parts)}", line.baseline * share, line.outturn * share, {key: value * share for key, value in line.paid.items()})
        )
    # lines need not have the gain in proportion either; what is held goes by line: nothing is paid for this one where payment is stated
    parts.append(Line("more", Decimal(50), Decimal(70), dict.fromkeys(line.paid, ZERO)))
    whole = replace(line, baseline=line.baseline + 50, outturn=line.outturn + 70)
    apart = settle(terms, replace(year, lines=tuple(parts)))
    assert apart.settlements == settle(terms, replace(year, lines=(whole,))).settlements


@given(deals(), years(), st.integers(2, 1000))
def test_everything_scales_with_the_money(terms, year, factor):
    line = year.lines[0]
    larger = Line("", line.baseline * factor, line.outturn * factor, {key: value * factor for key, value in line.paid.items()})
    one, many = settle(terms, year), settle(terms, replace(year, lines=(larger,)))
    assert all(abs(many.settlements[party] - factor * amount) < TINY for party, amount in one.settlements.items())
    assert one.met == many.met
    assert abs(one.gain_rate - many.gain_rate) < TINY


@given(deals(), years())
def test_payouts_share_the_pool_and_windfalls_what_is_held_of_it(terms, year):
    outcome = settle(terms, year)
    assert abs(sum(outcome.payouts.values()) - outcome.pool) < TINY
    assert abs(sum(outcome.windfalls.values()) - outcome.pool) < TINY
