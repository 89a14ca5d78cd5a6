"""Better Care Fund guide: exhibit 1 and its totals by the engine, and the assumptions of appendix 4a, each of which moves a plan."""

from simengine.baseline.totals import check_total
from simengine.study.load import Study
from tests.golden.worked_examples.plans import HERE, by_year, plan_of, plan_of_tree
from tests.golden.worked_examples.tally import Tally, rounded

#: Services of exhibit 1 by their row in the shared table; the scanned labels "66" and "80" are read as CC and SC.
LEAVES = {
    "Acute: non-elective": "non_elective",
    "Acute: elective": "elective",
    "Acute: outpatients": "outpatients",
    "Acute: A&E": "ae",
    "Acute: non-PbR": "non_pbr",
    "Primary": "primary",
    "Community": "community",
    "Mental health": "mental_health",
    "Prescribing": "prescribing",
    'Continuing care (read from OCR "66" = CC)': "continuing_care",
    'Social care (read from OCR "80" = SC)': "social_care",
    "Other": "other",
}
#: Two cells that leave the line's own growth for one column and return to it in the next.
SLIPS = {
    ("non_elective", 1): ("116", "Acute: non-elective col 1"),
    ("continuing_care", 1): ("19", 'Continuing care (read from OCR "66" = CC) col 1'),
}
#: "Total acute" is not printed for column 0; 431 is the value that gives the printed 453, 475 and TOTAL.
TOTAL_ACUTE = 431


def study_of(lines, base="2014/15", years=4, **others):
    """A study of one commissioner and one provider with these lines."""
    parties = {"ccg": {"role": "commissioner"}, "providers": {"role": "provider"}}
    services = {name: {"provider": "providers", **line} for name, line in lines.items()}
    return {"horizon": {"base": base, "years": years}, "money": {"unit": "GBP m"}, "parties": parties, "services": services, **others}


def growing(bases):
    """Lines of these base-year figures (GBP m) that grow by 5 % a year."""
    return {name: {"spend": float(base), "growth": 0.05} for name, base in bases.items()}


def columns(result, name, base):
    """Columns 0 to 4 of a line in GBP m; column 0 is what it starts from."""
    return [float(base), *(value / 1e6 for value in by_year(result, "spend_do_nothing", name))]


def bct_exhibit1_baseline():
    tally = Tally()
    rows = tally.rows("bct_exhibit1_baseline")
    printed = {(row["row"], int(row["col"])): row["value"] for row in rows}
    lines = {LEAVES.get(name, name.lower().replace(" ", "_")): name for name, _ in printed}
    bases = {name: float(printed[row, 0] or TOTAL_ACUTE) for name, row in lines.items()}
    result = plan_of_tree(study_of(growing(bases)))
    found = {(row, col): value for name, row in lines.items() for col, value in enumerate(columns(result, name, bases[name]))}
    for row in rows:
        place = row["row"], int(row["col"])
        name, subtotal = LEAVES.get(row["row"]), row["kind"] == "subtotal"
        if row["growth5_from_col0"]:
            tally.recomputed(row["growth5_from_col0"], found[place])
        assert row["growth5_rounded"] == str(rounded(found[place])), place
        if not row["value"]:
            continue
        if (name, place[1]) in SLIPS:
            should_be, item = SLIPS[name, place[1]]
            tally.misprint(row["value"], found[place], should_be)
            tally.differs(item, row["value"], str(rounded(found[place])))
        elif subtotal:
            tally.with_input(row["value"], found[place])
        elif place[1] == 0:
            tally.held(row["value"], found[place])
        else:
            tally.cell(row["value"], found[place])
        # a cell that the scan broke in two is read as the number that growth gives
        if row["ocr_cell"] != row["value"]:
            assert (row["ocr_cell"].replace(" ", ""), row["note"]) == (row["value"], 'OCR "8 1" read as 81')
            tally.differs("Prescribing col 4", "1", str(rounded(found[place])))
    labels = {row["row"]: row["ocr_row_label"] for row in rows}
    read_by_shape = [name for name in LEAVES if labels[name] in ("66", "80")]
    assert [LEAVES[name] for name in read_by_shape] == ["continuing_care", "social_care"]
    tally.explains("row labels")
    _headings(tally, bases, result)
    _warnings_of_the_product(printed)
    return tally


def _headings(tally, bases, result):
    """Five columns are four steps of 5 %, whichever of the two readings of the headings is taken."""
    later = plan_of_tree(study_of(growing(bases), base="2015/16"))
    assert [str(year) for year in result["year"].to_numpy()] == ["2015/16", "2016/17", "2017/18", "2018/19"]
    assert [str(year) for year in later["year"].to_numpy()] == ["2016/17", "2017/18", "2018/19", "2019/20"]
    for name, base in bases.items():
        assert columns(later, name, base) == columns(result, name, base)
    tally.explains("column headings")


def _warnings_of_the_product(printed):
    """`simrisk check` finds the two slips and the total when the exhibit is typed in as it is printed."""
    typed = {name: {"spend_by_year": [float(printed[row, col]) for col in range(5)]} for row, name in LEAVES.items()}
    warnings = {warning.path: str(warning) for warning in Study.from_dict(study_of(typed, "2013/14", 5, checks={"total": 1524})).warnings}
    assert "year 2 is out of pattern: 118" in warnings["services.non_elective.spend_by_year"]
    assert "year 2 is out of pattern: 18" in warnings["services.continuing_care.spend_by_year"]
    assert "the lines sum to 1093, which is 431 less than the printed 1524" in warnings["checks.total"]


def bct_exhibit1_totals_check():
    """No printed TOTAL is the sum of its lines: each counts Total acute twice, to within rounding."""
    tally = Tally()
    leaves = [row for row in Tally().rows("bct_exhibit1_baseline") if row["kind"] == "leaf"]
    for row in tally.rows("bct_exhibit1_totals_check"):
        parts = {leaf["row"]: int(leaf["value"]) for leaf in leaves if leaf["col"] == row["col"]}
        acute = [value for name, value in parts.items() if name.startswith("Acute")]
        assert (sum(acute), sum(parts.values()) - sum(acute)) == (int(row["sum_acute_leaves"]), int(row["sum_non_acute"]))
        subtotal, printed = int(row["total_acute_row"]), int(row["total_printed"])
        assert row["total_acute_printed"] in ("", str(subtotal))
        found = check_total(list(parts.values()), printed, [("Total acute", subtotal)])
        assert (found.finding, found.subtotal, found.parts) == ("subtotal counted twice", "Total acute", int(row["sum_all_leaves"]))
        assert (found.rest, printed - found.parts) == (int(row["printed_minus_double_counted"]), int(row["printed_minus_leaf_sum"]))
        assert found.parts + subtotal == int(row["leaves_plus_total_acute"])
        assert "it counts Total acute twice" in found.words("TOTAL")
        tally.with_input(row["total_printed"], found.parts + subtotal + found.rest)
        tally.differs(f"TOTAL col {row['col']}", row["total_printed"], str(found.parts))
    return tally


#: Where each assumption of appendix 4a stands in a study, and another value for it. Item 9 has a study of its own price.
APPENDIX_4A = {
    1: "population.growth=0.02",
    2: "services.emergency.growth.demographic=0.02",
    3: "schemes.care.captured=[0.4, 0.6, 0.8, 1.0, 1.0]",
    4: "schemes.care.delivery=0.5",
    5: "schemes.care.ramp=[0.1, 0.2, 0.3, 0.4, 0.5]",
    6: "schemes.care.costs.team.ramp=[0.5, 0.6, 0.7, 0.8, 0.9]",
    7: "services.emergency.growth.non_demographic=0.03",
    8: "inflation.pay=[0.03, 0.03, 0.02, 0.02, 0.02]",
    9: "services.planned.tariff_change=-0.01",
    10: "qipp.plan.achieved=0.5",
    11: "schemes.care.costs.team.hours_per_wte=1500",
    12: "schemes.care.costs.team.utilisation=0.6",
}
#: What each of them moves, and what the change of it must be: up or down in the last year.
MOVES = {
    1: ("activity_do_nothing", +1),
    2: ("activity_do_nothing", +1),
    3: ("gross_saving", -1),
    4: ("gross_saving", -1),
    5: ("gross_saving", -1),
    6: ("scheme_cost", -1),
    7: ("activity_do_nothing", +1),
    8: ("scheme_cost", +1),
    9: ("spend_do_nothing", -1),
    10: ("spend_do_nothing", +1),
    11: ("scheme_cost", +1),
    12: ("scheme_cost", +1),
}


def appendix4a_assumptions():
    """All twelve are inputs of a study; each is changed alone and moves what it names, by the engine."""
    tally, before = Tally(), plan_of(HERE / "appendix_4a.toml")
    years = range(5)
    for row in tally.rows("appendix4a_assumptions"):
        number = int(row["n"])
        assert row["text"]
        assert row["engine_input"]
        variable, sign = MOVES[number]
        after = plan_of(HERE / "appendix_4a.toml", APPENDIX_4A[number])
        change = after[f"plan_{variable}"] - before[f"plan_{variable}"]
        change = change.sum([dim for dim in change.dims if dim != "year"])
        moved = [sign * float(change.isel(year=year)) for year in years]
        # captured and the two ramps are full in some years; every other assumption moves every year
        assert min(moved) >= 0 < max(moved), (number, moved)
        assert number == 3 or min(moved) > 0, (number, moved)
        # the list is in order, so the number that the scan lost is the one between its neighbours
        lost = row["printed_number"] == "(number lost in OCR)"
        assert lost == (number == 7)
        tally.held("7" if lost else row["printed_number"].split()[0].strip("."), number)
    return tally
