"""Thousands of budget lines over ten years in 16 growth and inflation groups, read from a CSV file: the size of a real place's budget.

Not a study tree like the other subjects but files, written into a folder: reading and checking them is part of what is measured.
"""

from pathlib import Path
from typing import Literal

YEARS, GROUPS, SCHEMES, SCHEME_LINES = 10, 16, 8, 10
PROVIDERS = ("acute", "district", "community", "mental_health", "ambulance", "primary")
#: Drivers of growth: one for each group; one for each line; one for each line, which also has a volatility.
Own = Literal["groups", "growth", "noise"]

_HEAD = """
[horizon]
base = "2025/26"
years = {years}

[money]
unit = "GBP k"

[population]
size = 300_000
growth = {{ dist = "pert", min = 0.001, mode = 0.006, max = 0.011 }}

[parties.commissioner]
role = "commissioner"

[tables.lines]
into = "services"
file = "lines.csv"
key = "code"
columns = {{ provider = "provider", activity = "activity", price = "price" }}
scale = "fraction"
group = "group"
set = {{ payer = "commissioner", variable_share = 0.5, plan_includes_schemes = 0.5 }}

[arrangements.deal]
services = [{covered}]
baseline = "plan"
plan_includes_schemes = 0.5
residual = "commissioner"
msr = 0.01
msr_kind = "first_pound"
gain_share = {{ acute = 0.3, district = 0.2 }}
cap = {{ acute = {{ of_baseline = 0.02 }}, district = {{ of_baseline = 0.01 }} }}
"""


#: A shock common to all lines that have a volatility of their own.
_COMMON = """
[volatility]
common = { dist = "lognormal", mean = 1.0, sd = 0.01, path = "independent" }
"""


def _growth(k: int) -> str:
    mode = 0.004 + 0.002 * ((7 * k) % 9)
    return f'{{ dist = "pert", min = {mode - 0.015:.4f}, mode = {mode:.4f}, max = {mode + 0.02:.4f} }}'


def _group(k: int, own: Own) -> str:
    """What the lines of a group share: growth unless each line has its own, inflation, required efficiency."""
    growth = f'"growth_{k}"' if own == "groups" else _growth(k)
    text = [
        f"[tables.lines.groups.group_{k}]",
        f"efficiency_required = {0.008 + 0.001 * (k % 5):.3f}",
        f"growth = {{ population = true, demand = {growth} }}",
        f"cost_weights = {{ prices_{k} = 1.0 }}",
    ]
    return "\n".join([*text, "volatility = { cv_floor = 0.03 }"] if own == "noise" else text)


def _scheme(j: int, lines: int) -> str:
    """A scheme that acts on some lines, spread over all groups."""
    acted = sorted({(j + i * SCHEMES * 7) % lines for i in range(SCHEME_LINES)})
    text = [
        f"[schemes.scheme_{j}]",
        f"ramp = {{ years = {2 + j % 3}, delay = 1 }}",
        'delivery = { dist = "pert", min = 0.5, mode = 0.9, max = 1.0 }',
        f'costs.team = {{ approach = "budget", amount = {200 + 50 * j}, ramp = {{ years = 2 }} }}',
        *(f'effects.line_{k} = {{ impact = {{ dist = "uniform", min = 0.02, max = 0.10 }} }}' for k in acted),
    ]
    return "\n".join(text)


def _rows(lines: int) -> str:
    """The lines: sizes and prices differ in a fixed pattern and sum to about 3,000 pounds a head at any number of lines."""
    size = 900e6 / lines
    rows = []
    for k in range(lines):
        price = 120 + 35 * ((13 * k) % 97)
        activity = size * (0.2 + 0.1 * ((11 * k) % 17)) / price
        rows.append(f"line_{k},{PROVIDERS[k % len(PROVIDERS)]},group_{(5 * k) % GROUPS},{activity:.2f},{price}")
    return "code,provider,group,activity,price\n" + "\n".join(rows) + "\n"


def write_huge(folder: Path, lines: int, own: Own = "groups") -> Path:
    """Write the study of ``lines`` lines into a folder; returns the path of its TOML file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "lines.csv").write_text(_rows(lines), encoding="utf-8")
    covered = ", ".join(f'"line_{k}"' for k in range(lines) if k % len(PROVIDERS) < 2)
    drivers = [f"growth_{k} = {_growth(k)}" for k in range(GROUPS)] if own == "groups" else []
    rate = '{{ dist = "normal", mean = {:.3f}, sd = 0.008, path = "independent" }}'
    parts = [
        f'title = "Benchmark: {lines:,} lines in {GROUPS} groups"',
        _HEAD.format(years=YEARS, covered=covered),
        _COMMON if own == "noise" else "",
        *(f'[parties.{name}]\nrole = "provider"\n' for name in PROVIDERS),
        "[drivers]\n" + "\n".join(drivers) + "\n" if drivers else "",
        "[inflation]\n" + "\n".join(f"prices_{k} = " + rate.format(0.018 + 0.001 * (k % 7)) for k in range(GROUPS)) + "\n",
        "\n\n".join(_group(k, own) for k in range(GROUPS)) + "\n",
        "\n\n".join(_scheme(j, lines) for j in range(SCHEMES)),
    ]
    path = folder / "study.toml"
    path.write_text("\n".join(parts) + "\n", encoding="utf-8")
    return path
