"""The single numbers of the source documents (scalars.toml): which a study holds, which follow from others, and what follows from them."""

from fractions import Fraction

from simengine.baseline.carve_out import Part, WholeSpend, carve_out, segment_use
from simengine.baseline.pathway import SYSTEM, excess_activity, excess_cost
from simengine.baseline.progress import thresholds
from simengine.baseline.variation import GroupCost, compare
from simengine.baseline.working import Line
from tests.golden.worked_examples import fixed_products as fixed
from tests.golden.worked_examples.better_care import growing, study_of
from tests.golden.worked_examples.plans import by_year, growth, plan_of_tree
from tests.golden.worked_examples.tally import NO_NUMBER, Tally, rounded
from tests.golden.worked_examples.wpb_tables import in_per_cent


def target_segment(people, rate, impact, share=0.5, ramp=1.0):
    """The plan of a line whose admissions are people × rate, a scheme on them, and a reinvestment of part of what it saves."""
    effect = {"admissions": {"impact": impact, "segment": "target"}}
    cost = {"reinvestment": {"approach": "reinvestment", "share": share, "funded_by": "ccg"}}
    systems = {"records": {"kind": "information_systems", "year": 1, "amount": 0.5}}
    line = {"activity": people * rate, "price": 1_000, "segments": {"target": {"people": people, "rate": rate}}}
    scheme = {"ramp": ramp, "effects": effect, "costs": cost, "investments": systems}
    return plan_of_tree(study_of({"admissions": line}, years=5, schemes={"care": scheme}))


def avoided(result):
    """Admissions that do not happen, by year."""
    before, after = (by_year(result, name, "admissions") for name in ("activity_do_nothing", "activity"))
    return [was - now for was, now in zip(before, after, strict=True)]


def scalars_bct_case():
    tally = Tally()
    case = tally.scalars("bct_case")
    assert case["source"].startswith("000 ")
    people, everybody, admissions = case["target_segment"], case["population"], case["non_elective_admissions_in_segment"]
    tally.given += 3
    parts = [Part("target", True, people), Part("others", False, everybody - people)]
    inside = carve_out([WholeSpend(Line("all"), 1)], parts, "population").spend
    tally.recomputed(str(case["segment_share_of_population"]), inside)
    rate = case["admissions_per_head_of_segment"]
    assert segment_use(people, rate) == admissions
    # exhibit 4 takes 20 %, below the 25 to 35 % of exhibit 3
    low, high = case["gross_reduction_range_exhibit_3"]
    impact = case["gross_reduction_exhibit_4"]
    assert impact < low < high
    tally.given += 3
    at = {share: avoided(target_segment(people, rate, share))[-1] for share in (impact, low, high)}
    tally.cell(str(case["admissions_avoided_exhibit_4"]), at[impact])
    for text, share in zip(case["admissions_avoided_range_recomputed"], (low, high), strict=True):
        tally.recomputed(str(text), at[share])
    tally.differs("impact", "20", [str(rounded(at[share])) for share in (low, high, impact)])
    _ramp_and_reinvestment(tally, case, people, rate)
    assert rounded(growth(plan_of_tree(study_of(growing({"all": 110}))), "all", 110e6)[-1], 6) == 100 * Fraction("0.05")
    assert case["baseline_growth_per_column"] == 0.05
    assert case["average_cost_of_non_elective_admission"].startswith("not printed")
    return tally


def _ramp_and_reinvestment(tally, case, people, rate):
    """Steps 3c, 4 and 6: full after 3 to 5 years; of what is saved 50 to 70 % is spent again; information systems from 500k."""
    for years in case["ramp_up_years"]:
        reached = avoided(target_segment(people, rate, 0.2, ramp={"years": years}))
        full = people * rate * 0.2
        assert [rounded(value, 6) == rounded(full, 6) for value in reached] == [year >= years for year in range(1, 6)]
        tally.given += 1
    left = []
    for share in case["reinvestment_share_of_gross_savings"]:
        result = target_segment(people, rate, 0.2, share)
        saved, spent = (float(result[f"plan_{name}"].isel(year=-1).sum()) for name in ("gross_saving", "scheme_cost"))
        left.append(1 - spent / saved)
        tally.given += 1
    for text, part in zip(case["net_saving_share_implied"], reversed(left), strict=True):
        tally.recomputed(str(text), part)
    tally.held(str(case["it_investment_gbp_lower"]), float(result["plan_investment"].isel(year=0).sum()))


def scalars_wpb():
    tally = Tally()
    book = tally.scalars("wpb")
    assert book["source"].startswith("004 ")
    efficiency = book["provider_efficiency_per_year"]
    result = plan_of_tree(study_of({"acute": {"spend": 100.0, "efficiency_required": efficiency}}))
    tally.held(str(100 * efficiency), -growth(result, "acute", 100e6)[-1], 1)
    tally.held(str(100 * book["litigation_inflation_table_5_2016_17"]), in_per_cent("litigation")["2016/17"], 1)
    for year in ("2017/18", "2018/19"):
        note = book[f"cnst_increase_note_{year.replace('/', '_')}"]
        tally.held(str(100 * note), in_per_cent("litigation", f"inflation.litigation={note}")[year], 1)
    tally.held(str(100 * book["ips_share_of_contract_value"]), 100 * _improvement_payments(book["ips_share_of_contract_value"]), 1)
    years, transferred = book["contract_years_max"], book["full_transfer_example_year"]
    losses, gain = _ten_years(years, transferred)
    tally.held(str(years), float(len(losses)))
    tally.held(str(transferred), 1.0 + next(at for at, share in enumerate(losses) if rounded(share, 9) == 1))
    assert losses == sorted(losses)
    assert book["gain_loss_definition"].startswith("gain (+) or loss (-) = baseline spend - outturn spend, outturn spend = activity x unit")
    assert gain < 0
    assert book["minimum_savings_rate_semantics"].startswith("only gains/losses over and above a minimum level are shared")
    assert book["numeric_gain_loss_example"].startswith("none")
    tally.explains("section 5.4 IPS timeline / 5.5", NO_NUMBER)
    return tally


def _improvement_payments(weight):
    """The share of a budget that its improvement payments are, fully earned."""
    budget = {"commissioner": "ccg", "holder": "providers", "services": ["acute"], "value": "plan"}
    budget["improvement_payments"] = {"outcomes": {"weight": weight, "score": 1.0}}
    result = plan_of_tree(study_of({"acute": {"spend": 100.0}}, budgets={"whole": budget}))
    return float((result["plan_ips_earned"] / result["plan_budget_value"]).isel(year=0).sum())


def _ten_years(years, transferred):
    """The provider's share of the shareable loss by year, rising to the whole in the year of transfer, and the last year's loss.

    Baseline 100, outturn 110, a threshold of 2 % beyond which alone a loss is shared: gain = baseline - outturn, pool = gain + 2.
    """
    shares = [min(year / transferred, 1.0) for year in range(1, years + 1)]
    deal = {"services": ["acute"], "baseline": "explicit", "baseline_value": 100.0, "msr": 0.02, "msr_kind": "excess"}
    deal["gain_share"] = {"providers": shares}
    line = {"activity": 1_000, "price": 110_000}
    result = plan_of_tree(study_of({"acute": line}, years=years, arrangements={"whole": deal}))
    found = {name: result[f"plan_{name}"].squeeze("arrangement").to_numpy() for name in ("gain", "pool", "outturn", "baseline")}
    assert rounded(found["outturn"][-1]) == 110_000_000 == 1_000 * 110_000
    assert rounded(found["gain"][-1] - (found["baseline"][-1] - found["outturn"][-1]), 6) == 0
    assert rounded(found["pool"][-1]) == rounded(found["gain"][-1]) + 2_000_000
    borne = result["plan_payout"].sel(party="providers").squeeze("arrangement").to_numpy()
    return [float(value) for value in borne / found["pool"]], float(found["gain"][-1])


def scalars_fixed_payment():
    tally = Tally()
    slides = tally.scalars("fixed_payment")
    assert slides["source"].startswith("002 ")
    tally.cell(str(slides["ics_population_implied"]), _population(slides["ics_population_implied"]))
    tally.held(str(slides["procedures_ics"]), fixed.PROCEDURES[SYSTEM])
    for printed, (name, found) in zip(slides["procedures_listed_providers"], list(fixed.PROCEDURES.items())[1:], strict=True):
        assert name.startswith("Provider")
        tally.held(str(printed), found)
    for element in ("pre", "surgery", "post"):
        tally.held(str(slides[f"unit_cost_{element}"]), fixed.UNIT_COST[element])
    over = {name: excess_activity([use for use in fixed.USES if use.element == name], SYSTEM) for name in ("pre", "post")}
    tally.cell(str(slides["excess_pre_op"]), over["pre"])
    tally.cell(str(slides["excess_post_op"]), over["post"], 2)
    tally.cell(str(slides["saving_per_procedure"]), excess_cost(fixed.USES, SYSTEM), 1)
    for printed, (_, share) in zip(slides["adjustments"], fixed.ADJUSTMENTS.named, strict=True):
        tally.held(str(printed), share, 2)
    for printed, share in zip(slides["progress_profile"], fixed.PROGRESS.values(), strict=True):
        tally.held(str(printed), Fraction(share), 2)
    found, rows = fixed.cataract_profile(Tally().rows("fps_costed_pathways_profile"))
    least = slides["minimum_progress_threshold_example"]
    limits, _ = thresholds(list(found.values()), rows, least)
    tally.held(str(least), limits[0].needed / found[SYSTEM].net, 1)
    # the goals are rounded to different places: 5,322,000 to the million, 3,459,300 to half a million or less
    potential, net = (Fraction(text) for text in map(str, slides["goal_rounded_million"]))
    tally.with_input(str(potential), found[SYSTEM].potential / 10**6)
    tally.with_input(str(float(net)), found[SYSTEM].net / 10**6, 1)
    for printed, factor in zip(slides["forecast_factors"], fixed.GROWTH.values(), strict=True):
        tally.held(str(printed), Fraction(factor), 2)
    return tally


def _population(people):
    """The only whole number of people that gives all 23 costs per 1,000: one more or less leaves a penny somewhere."""
    rows = Tally().rows("fps_plics_variation")
    groups = [GroupCost(Line(row["group"]), Fraction(row["ics_cost"]), Fraction(row["benchmark_per_1k"])) for row in rows]

    def all_agree(count):
        found, _ = compare(groups, count)
        return all(rounded(one.per_1000, 2) == Fraction(row["cost_per_1k_printed"]) for row, one in zip(rows, found, strict=True))

    # costs per 1,000 fall as the count rises, so what fails on both sides fails further out
    (only,) = [count for count in (people - 1, people, people + 1) if all_agree(count)]
    return only


def scalars_hfma():
    """Illustrative comparisons of the briefing; nothing follows from them."""
    tally = Tally()
    briefing = tally.scalars("hfma")
    assert briefing["source"].startswith("001 ")
    for key in (
        "asthma_overspend_gbp",
        "mental_health_underspend_gbp",
        "stroke_secondary_prevention_share",
        "stroke_secondary_prevention_share_peers",
        "london_ccg_spend_recorded_as_other",
    ):
        assert tally.start(str(briefing[key])) > 0
    return tally
