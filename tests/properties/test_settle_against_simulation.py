"""A draw of a simulation and the settlement of the same outturn are the same money, under every programme and terms of all kinds."""

from decimal import Context, Decimal, localcontext

import numpy as np
import pytest

import simengine as se
from simengine.contract.order import POOL_STEPS
from simengine.settling.actual import Actual, Line
from simengine.settling.outcome import History, rounded
from simengine.settling.programme import PROVIDER, programme_terms
from simengine.settling.settle import PRECISION
from simengine.settling.steps import settle_year
from simengine.settling.study_terms import StudyTerms
from simengine.study.programme_sets import programmes

pytestmark = pytest.mark.property

PENNY, RELATIVE, CLIFF = 0.005, 1e-9, 1e-9
QUALITY = {"score": {"dist": "uniform", "min": 0.3, "max": 1.0}}
FIRST_YEAR = {
    "mssp.track_1": 2017,
    "mssp.track_1_plus": 2018,
    "mssp.track_2": 2014,
    "mssp.track_3": 2016,
    "ngaco.a": 2018,
    "ngaco.b": 2018,
    "aco_reach.global": 2024,
    "aco_reach.professional": 2024,
    "medicare_part_d": 2006,
    "aca_risk_corridor": 2014,
    "nhs.marginal_rate_emergency": 2015,
    "nhs.blended_2019": 2019,
    "nhs.api_2022": 2022,
    "nhs.api_2023": 2023,
    "wpb": 2016,
}
"""First of three performance years, so that rules change within them where they did; 2022 for the rest."""


def study_of(name, **terms):
    """A study of three years with one line of about a hundred million, under a programme; quality and list size are drawn."""
    first = FIRST_YEAR.get(name, 2022)
    arrangement = {"services": ["care"], "baseline": "plan", "programme": name, "performance_year": first}
    if name.startswith("mssp"):
        arrangement |= {"quality": {**QUALITY}, "agreement_start": min(first, 2024), "revenue_category": "low"}
    if name not in ("mssp.track_1", "mssp.basic_a", "mssp.basic_b") and (name.startswith("mssp") or name == "wpb"):
        arrangement["msr"] = 0.01
    if name.startswith("ngaco"):
        arrangement |= {"pool_cap": {"of_baseline": 0.06}, "pool_collar": {"of_baseline": 0.06}}
    block = name in ("medicare_part_d", "aca_risk_corridor")
    arrangement |= terms
    tree = {
        "horizon": {"base": str(first - 1), "years": 3},
        "money": {"unit": "USD"},
        "population": {"size": {"dist": "uniform", "min": 4000.0, "max": 30000.0}},
        "parties": {"payer": {"role": "commissioner"}, "aco": {"role": "provider"}},
        "services": {
            "care": {
                # aligned payment and incentive: only contracts of a low value have a settlement
                "spend": 400_000.0 if name == "nhs.api_2023" else 100_000_000.0,
                "provider": "aco",
                "variable_share": 0.0 if block else 1.0,
                "growth": {"dist": "normal", "mean": 0.0, "sd": 0.06, "path": "independent"},
            }
        },
        "arrangements": {"deal": arrangement},
    }
    return se.Study.from_dict(tree)


def decimal(value):
    return Decimal(float(value))


def actual_of(study, result, draw, year, terms, name, income):
    """The row of actuals that a draw's year would be."""
    share = (1 - terms.stretch) * terms.proration
    baseline, outturn = (decimal(result[key][draw, year, 0, 0]) for key in ("baseline", "outturn"))
    drivers = {str(driver): float(result["driver_value"][draw, at, 0]) for at, driver in enumerate(result["driver"].values)}
    quality = drivers.get("arrangements.deal.quality.score")
    paid = {}
    if study.spec.services["care"].variable_share == 0.0:
        paid = {terms.parties[0]: baseline / share}
    first = FIRST_YEAR.get(name, 2022)
    return Actual(
        draw,
        "deal",
        study.spec.horizon.year_labels[year],
        (Line("", baseline / share, outturn / terms.proration, paid),),
        performance_year=first + year,
        agreement_start=min(first, 2024),
        revenue_category="low",
        population=None if "population.size" not in drivers else decimal(drivers["population.size"]),
        quality=None if quality is None else decimal(quality),
        quality_met=Decimal(1),
        msr=Decimal(repr(study.spec.arrangements["deal"].msr)) if study.spec.arrangements["deal"].gives("msr") else None,
        pool_cap=Decimal("0.06") if name.startswith("ngaco") else None,
        revenue=decimal(income[year]),
    )


def near_a_cliff(outcome):
    """Whether a draw lies so close to its minimum rate that the last digits of a float decide."""
    return abs(abs(outcome.gain) - outcome.rate_applied * outcome.baseline) <= Decimal(CLIFF) * outcome.baseline


def differences(study, name, draws, by_name):
    """Draws and years in which the settlement is not that of the simulation, and how many of them lie on a cliff."""
    result = se.run(study, draws=draws, seed=1, sampler="random", threads=1, store=["settlement", "baseline", "outturn", "driver_value"])
    result = {
        key: result[key].values if key != "driver" else result[key]
        for key in ("settlement", "baseline", "outturn", "driver_value", "driver")
    }
    of_study, wrong, cliffs = StudyTerms(study), [], 0
    income = of_study.plan.income("aco")
    assert (np.abs(result["settlement"]) > 1).mean() > 0.05, "hardly a draw has a settlement"
    with localcontext(Context(prec=PRECISION)):
        for draw in range(draws):
            past = History()
            for year in range(study.spec.years):
                probe, _ = of_study.terms(Actual(0, "deal", study.spec.horizon.year_labels[year], (Line("", Decimal(1), Decimal(1)),)))
                actual = actual_of(study, result, draw, year, probe, name, income)
                terms = programme_terms(actual, name) if by_name else probe
                if by_name:
                    line = actual.lines[0]
                    paid = dict.fromkeys([PROVIDER], next(iter(line.paid.values()))) if line.paid else {}
                    actual = Actual(**{**vars(actual), "lines": (Line("", line.baseline, line.outturn, paid),)})
                outcome = settle_year(actual, terms, past, year)
                found = rounded(outcome.settlements, terms.residual)
                parties = list(study.spec.parties)
                for party, amount in zip(parties, result["settlement"][draw, year, 0, :, 0], strict=True):
                    mine = float(found[{"payer": terms.residual, "aco": terms.parties[0]}[party]])
                    if abs(mine - amount) > PENNY + RELATIVE * abs(amount):
                        cliffs += near_a_cliff(outcome)
                        wrong += [] if near_a_cliff(outcome) else [(draw, year, party, mine, float(amount))]
    return wrong, cliffs


@pytest.mark.parametrize("name", list(programmes()))
def test_every_programme(name):
    study = study_of(name)
    for by_name in (True, False):
        wrong, cliffs = differences(study, name, 200, by_name)
        assert wrong == []
        assert cliffs == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", list(programmes()))
def test_every_programme_ten_thousand_draws(name):
    wrong, cliffs = differences(study_of(name), name, 10_000, by_name=False)
    assert wrong == []
    assert cliffs <= 1


BANDS = {"wide": {"from": 0.04, "share": {"acute": 0.2, "community": 0.3}}, "far": {"from": 0.08, "share": {"acute": 0.1}}}
SIZES = [{"from": 1000, "to": 9999, "low": 0.05, "high": 0.03}, {"from": 10000, "low": 0.02, "high": 0.02}]
KINDS = {
    "plain": {},
    "excess on gains, first pound on losses": {"msr": 0.02, "msr_kind": "excess", "mlr": 0.03, "mlr_kind": "first_pound"},
    "bands": {"msr": 0.01, "msr_kind": "excess", "gain_bands": BANDS, "loss_bands": BANDS},
    "bands from the first pound": {"msr": 0.03, "msr_kind": "first_pound", "gain_bands": BANDS, "pool_cap": {"of_baseline": 0.06}},
    "one-sided first": {"sides": ["one", "two", "one"]},
    "losses carried from one-sided years": {"sides": ["one", "two", "two"], "carry_forward": {"years": 1}},
    "losses carried beyond a collar": {"collar": {"acute": {"of_baseline": 0.005}}, "carry_forward": {"years": 2}},
    "fund": {"fund": {"party": "reserve", "share": 0.1}, "carry_forward": {"years": 2}, "collar": {"community": {"amount": 200_000.0}}},
    "pool limits": {"pool_cap": {"of_baseline": 0.03}, "pool_collar": {"amount": 2_000_000.0}},
    "caps and collars": {
        "cap": {"acute": {"of_baseline": 0.02, "of_income": 0.01}},
        "collar": {"acute": {"amount": 500_000.0}, "community": {"of_income": 0.02}},
    },
    "over the term": {
        "term_cap": {"acute": {"of_baseline": 0.01}},
        "term_collar": {"acute": {"amount": 900_000.0}, "community": {"of_income": 0.01}},
    },
    "quality softens": {"quality": {**QUALITY, "loss": "soften", "soften": 0.6}},
    "quality as a gate": {"quality": {**QUALITY, "gain": "gate", "gate": 0.7}},
    "loss rate": {"quality": {**QUALITY, "loss": "loss_rate", "loss_share_max": 0.75, "loss_floor": 0.4, "loss_ceiling": 0.75}},
    "standards": {"quality": {**QUALITY, "standard": ["none", "required", "full"], "loss": "soften", "soften": 0.5}},
    "deduction and relief": {"deduction": 0.02, "loss_adjustment": 400_000.0, "cap": {"acute": {"of_baseline": 0.01}}},
    "cap before deduction": {
        "deduction": 0.1,
        "cap": {"acute": {"of_baseline": 0.01}},
        "order": [*POOL_STEPS, "quality", "limits", "deduction", "loss_adjustment", "term_limits"],
    },
    "limits before quality, losses carried": {
        "collar": {"acute": {"of_baseline": 0.005}},
        "quality": {**QUALITY, "loss": "loss_rate", "loss_share_max": 0.75, "loss_floor": 0.4, "loss_ceiling": 0.75},
        "carry_forward": {"years": 2},
        "order": [*POOL_STEPS, "limits", "quality", "deduction", "loss_adjustment", "term_limits"],
    },
    "stretch and part of a year": {"stretch": 0.01, "proration": [0.5, 1.0, 0.75]},
    "rates by size": {"msr_table": SIZES, "msr_kind": "excess", "below_msr": {"part": 0.5, "from": 12_000}},
    "line by line": {
        "line_by_line": True,
        "msr": 0.01,
        "msr_kind": "excess",
        "gain_bands": BANDS,
        "fund": {"party": "reserve", "share": 0.2},
        "quality": {**QUALITY, "loss": "soften", "soften": 0.5},
        "cap": {"acute": {"amount": 800_000.0}},
    },
}
"""Terms of every kind on top of two providers with shares of gains and of losses."""


def two_lines(terms):
    """A study of three years with two lines of two providers, partly paid as a block."""

    def line(spend, provider):
        growth = {"dist": "normal", "mean": 0.0, "sd": 0.05, "path": "independent"}
        return {"spend": spend, "provider": provider, "variable_share": 0.4, "growth": growth}

    deal = {
        "services": ["care", "home"],
        "baseline": "plan",
        "gain_share": {"acute": 0.5, "community": 0.2},
        "loss_share": {"acute": 0.3, "community": 0.25},
        **terms,
    }
    return se.Study.from_dict(
        {
            "horizon": {"base": "2022", "years": 3},
            "money": {"unit": "GBP"},
            "population": {"size": {"dist": "uniform", "min": 2000.0, "max": 30000.0}},
            "parties": {
                "payer": {"role": "commissioner"},
                "acute": {"role": "provider"},
                "community": {"role": "provider"},
                "reserve": {"role": "fund"},
            },
            "services": {"care": line(60_000_000.0, "acute"), "home": line(40_000_000.0, "community")},
            "arrangements": {"deal": deal},
        }
    )


def row_of_two(study, got, draw, year, terms):
    """The row, or rows by line, of actuals that a draw's year would be: what was paid and used at reference price."""
    share = (1 - terms.stretch) * terms.proration
    payment, spend = got["payment"][draw, year, :, 0], got["spend"][draw, year, :, 0]
    plan = [Decimal(60_000_000), Decimal(40_000_000)]
    parties = ("acute", "community")
    if terms.line_by_line:
        lines = tuple(
            Line(name, plan[at], decimal(spend[at]), {parties[at]: decimal(payment[at])}, {parties[at]: decimal(spend[at])})
            for at, name in enumerate(("care", "home"))
        )
    else:
        paid, used = ({party: decimal(values[at]) for at, party in enumerate(parties)} for values in (payment, spend))
        baseline, outturn = (decimal(got[key][draw, year, 0, 0]) for key in ("baseline", "outturn"))
        lines = (Line("", baseline / share, outturn / terms.proration, paid, used),)
    drivers = {str(driver): float(got["driver_value"][draw, at, 0]) for at, driver in enumerate(got["driver"])}
    quality = drivers.get("arrangements.deal.quality.score")
    score = None if quality is None else decimal(quality)
    return Actual(
        draw,
        "deal",
        study.spec.horizon.year_labels[year],
        lines,
        population=decimal(drivers["population.size"]),
        quality=score,
        quality_met=Decimal(1),
    )


@pytest.mark.parametrize("name", KINDS)
def test_terms_of_every_kind(name):
    study, draws = two_lines(KINDS[name]), 200
    names = ["settlement", "payout", "baseline", "outturn", "driver_value", "payment", "spend"]
    result = se.run(study, draws=draws, seed=2, sampler="random", threads=1, store=names)
    got = {key: result[key].values for key in [*names, "driver"]}
    of_study, parties, wrong, cliffs = StudyTerms(study), list(result["party"].values), [], 0
    with localcontext(Context(prec=PRECISION)):
        for draw in range(draws):
            past = History()
            for year in range(study.spec.years):
                covered = tuple(Line(name, Decimal(1), Decimal(1)) for name in ("care", "home"))
                terms, _ = of_study.terms(Actual(0, "deal", study.spec.horizon.year_labels[year], covered))
                outcome = settle_year(row_of_two(study, got, draw, year, terms), terms, past, year)
                found = rounded(outcome.settlements, terms.residual)
                for party, amount in found.items():
                    theirs = got["settlement"][draw, year, 0, parties.index(party), 0]
                    # the residual party's settlement is minus the sum of the others', each half a penny off at most
                    pennies = PENNY * (len(found) - 1 if party == terms.residual else 1)
                    if abs(float(amount) - theirs) > pennies + RELATIVE * abs(theirs):
                        cliffs += near_a_cliff(outcome)
                        wrong += [] if near_a_cliff(outcome) else [(draw, year, party, float(amount), float(theirs))]
    assert wrong[:5] == []
    assert cliffs == 0


def test_budget_whose_holder_pays_the_providers():
    """The holder is paid the budget and pays the providers; a stretch lies with the commissioner (note 31 of docs/model-notes.md)."""
    tree = two_lines({}).tree
    deal = {"baseline": "budget", "budget": "pot", "stretch": 0.01, "gain_share": {"holder": 0.4, "acute": 0.3, "community": 0.1}}
    tree = {**tree, "parties": {**tree["parties"], "holder": {"role": "provider"}}, "arrangements": {"deal": deal}}
    tree["budgets"] = {"pot": {"commissioner": "payer", "holder": "holder", "services": ["care", "home"], "value": "plan"}}
    study, draws = se.Study.from_dict(tree), 200
    names = ["settlement", "baseline", "outturn", "payment", "spend"]
    result = se.run(study, draws=draws, seed=3, sampler="random", threads=1, store=names)
    got, parties = {key: result[key].values for key in names}, list(result["party"].values)
    of_study = StudyTerms(study)
    with localcontext(Context(prec=PRECISION)):
        for draw in range(draws):
            for year, label in enumerate(study.spec.horizon.year_labels):
                payment, spend = ([decimal(value) for value in got[key][draw, year, :, 0]] for key in ("payment", "spend"))
                pot = decimal(got["baseline"][draw, year, 0, 0]) / Decimal("0.99")
                paid = {"holder": pot, "acute": payment[0], "community": payment[1]}
                used = {"holder": sum(payment), "acute": spend[0], "community": spend[1]}
                actual = Actual(draw, "deal", label, (Line("", pot, decimal(got["outturn"][draw, year, 0, 0]), paid, used),))
                terms, _ = of_study.terms(actual)
                found = settle_year(actual, terms, History(), year).settlements
                for party, amount in found.items():
                    assert float(amount) == pytest.approx(got["settlement"][draw, year, 0, parties.index(party), 0], abs=1e-6)
