"""The account of all worked examples: tests/golden/tables/ACCOUNT.csv, and the page that shows it, docs/worked-examples.md."""

import csv
from pathlib import Path

from tests.golden.worked_examples import better_care, fixed_products, scalars, wpb_baselines, wpb_figures, wpb_tables
from tests.golden.worked_examples.tally import TABLES, differences

ACCOUNT = TABLES / "ACCOUNT.csv"
DIFFERENCES_ACCOUNT = TABLES / "DISCREPANCIES_ACCOUNT.csv"
PAGE = Path(__file__).parents[3] / "docs" / "worked-examples.md"
COUNTS = ("given", "exact", "explained", "not_reproduced", "discrepancies")
DOCUMENTS = {
    "000": "Better Care Fund technical toolkit, section 4: financial analysis (BCF)",
    "004": "Whole population budgets handbook (WPB)",
    "002": "Products to support the fixed element (FIX)",
    "001": "Briefing of the Healthcare Financial Management Association (HFMA)",
}
#: Files of the folder of tables that are no worked example.
NO_EXAMPLE = {"ACCOUNT.csv", "DISCREPANCIES.csv", "DISCREPANCIES_ACCOUNT.csv", "README.md", "scalars.toml"}

#: One function for each worked example, by its name in the account.
CASES = {
    name: value
    for module in (better_care, wpb_tables, wpb_baselines, wpb_figures, fixed_products, scalars)
    for name, value in vars(module).items()
    if name.startswith(("bct_", "appendix4a_", "wpb_", "fps_", "scalars_")) and value.__module__ == module.__name__
}

_FLAG = "the table's own verdict, which the counts take the place of"
_OTHER = "rounded figures multiplied: no way to reckon, and worse"
#: Columns of the shared tables that no case reads, with the reason.
LEFT_OUT = {
    "reproduces": _FLAG,
    "reproduces_15": _FLAG,
    "reproduces_17": _FLAG,
    "reproduces_exactly": _FLAG,
    "reproduces_from_implied": _FLAG,
    "reproduces_from_printed": _FLAG,
    "reproduces_printed": _FLAG,
    "reproduces_unrounded": _FLAG,
    "within_growth_rounding": _FLAG,
    "matches_growth5": _FLAG,
    "repro_cost_per_1k": _FLAG,
    "repro_variation": _FLAG,
    "repro_pct": _FLAG,
    "plan_reproduces": _FLAG,
    "forecast_reproduces": _FLAG,
    "variance_reproduces": _FLAG,
    "rel_diff_unrounded": _FLAG,
    "rel_diff_printed": _FLAG,
    "printed_unit_x_printed_activity": _OTHER,
    "formula": "words",
    "note": "words",
    "parent": "words",
    "source": "words",
}


def read(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def page():
    """The page, from the account."""
    rows = read(ACCOUNT)
    sums = {name: sum(int(row[name]) for row in rows) for name in COUNTS}
    computed = sum(sums[name] for name in ("exact", "explained", "not_reproduced"))
    lines = [
        "# Worked examples of the source documents",
        "",
        "Every worked example that the founding documents print with numbers, and how many of its cells simrisk's own functions give.",
        "The page is written from [ACCOUNT.csv](../tests/golden/tables/ACCOUNT.csv) by",
        "`pytest tests/golden/test_worked_examples.py --update-golden`; the tests compute every count anew and fail when one changes,",
        "when a table, a single number or a known discrepancy is left out, and when this page is out of step.",
        "",
        "- **given**: cells that the example starts from; the study or the function holds them as printed.",
        "- **exact**: the printed inputs give the printed cell.",
        "- **explained**: they do with an input that is not printed, or printed rounded; the test states it and bounds it.",
        "- **not**: no reading of the text gives the cell; the test asserts what it should be.",
        "",
        "Rounding is half up to the printed digits and for the comparison only; values are carried unrounded. Beside the counted cells",
        "the tests compare the recomputed figures of the shared tables.",
        "",
        f"Of {computed} computed cells **{sums['exact']} are exact, {sums['explained']} are explained and {sums['not_reproduced']} are not "
        f"reproduced**; {sums['given']} are given.",
        f"All {sums['discrepancies']} entries of `DISCREPANCIES.csv` are accounted for, one by one, in "
        "[DISCREPANCIES_ACCOUNT.csv](../tests/golden/tables/DISCREPANCIES_ACCOUNT.csv). (Single numbers and the implied",
        "uplifts repeat cells of other tables and are counted again.)",
    ]
    for document, title in DOCUMENTS.items():
        lines += ["", f"## {title}", "", "| example | given | exact | explained | not | computed by, tolerance, why |"]
        lines += ["|---|--:|--:|--:|--:|---|"]
        lines += [_line(row) for row in rows if row["source"].startswith(document)]
    return "\n".join(lines) + "\n"


def _line(row):
    counts = " | ".join(row[name] for name in COUNTS[:-1])
    by = ", ".join(f"`{name.strip().removeprefix('simengine.')}`" for name in row["computed_by"].split(";") if name)
    words = [by, row["tolerance"][:1].upper() + row["tolerance"][1:], row["why"].removesuffix(".")]
    return f"| {row['name']} | {counts} | {'. '.join(filter(None, words))}. |"


def differences_account(tallies):
    """The rows of the account of discrepancies, in the order of DISCREPANCIES.csv: the example and how it is accounted for."""
    found = {}
    for name, tally in tallies.items():
        for source, item, how in tally.differences:
            assert (source, item) not in found, (source, item)
            found[source, item] = {"source": source, "item": item, "example": name, "how": how}
    return [found.get((row["source"], row["item"]), {"source": row["source"], "item": row["item"]}) for row in differences()]
