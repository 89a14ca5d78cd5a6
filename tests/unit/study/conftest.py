"""Small valid studies to start from."""

import copy
from typing import Any

import pytest

MINIMAL: dict[str, Any] = {
    "horizon": {"base": "2014/15", "years": 3},
    "money": {"unit": "GBP m"},
    "parties": {"ccg": {"role": "commissioner"}, "acute": {"role": "provider"}},
    "services": {"emergency": {"provider": "acute", "activity": 40_000, "price": 1_500}},
}

FULL = """
title = "Everything at once"
[simulation]
draws = 1_024
seed = 7
sampler = "lhs"
store = ["net_position", "gain"]
[horizon]
base = "2014/15"
years = 3
[money]
unit = "GBP m"
[population]
size = { dist = "normal", mean = 250_000, sd = 1_000, risk = "population" }
growth = [0.01, 0.01, 0.012]
[drivers]
pay = { dist = "pert", min = [0.01, 0.01, 0.02], mode = 0.02, max = 0.04, plan = 0.02, path = "independent", date = 2014-04-01 }
split = 0.5
[inflation]
pay = "pay"
drugs = { dist = "discrete", values = [0.02, 0.05], weights = [0.7, 0.3] }
[volatility]
common = { dist = "lognormal", mean = 1, sd = 0.02, path = "independent" }
[parties.ccg]
role = "commissioner"
funding = [70, 71, 72]
[parties.acute]
role = "provider"
[parties.community]
role = "provider"
in_system = false
[services.emergency]
label = "Emergency admissions"
provider = "acute"
activity = 40_000
price = 1_500
growth = { population = true, demographic = { dist = "uniform", min = 0.0, max = 0.02 }, other = "split" }
cost_weights = { pay = 0.7, drugs = 0.2 }
efficiency_required = 0.02
unit_cost = 1_550
variable_share = "split"
plan_includes_schemes = [1, 1, 0.5]
payment_price = "plan"
fixed_share = 0.3
release_years = 2
overlap = "independent"
segments.frail.share = { dist = "triangular", min = 0.1, mode = 0.15, max = 0.2 }
segments.children = { people = 50_000, rate = 0.1 }
volatility = { cv_floor = 0.01, cv_ref = 0.05, n_ref = 200_000, family = "lognormal", path = "constant" }
[services.elective]
provider = "acute"
spend = 60
growth = 0.02
growth_is = "price"
tariff_change = -0.01
[services.drugs]
provider = "acute"
payer = "ccg"
spend_by_year = [10, 11, 12]
[schemes.care]
enabled = true
evidence = "three trials"
lead = "community"
ramp = { years = { dist = "uniform", min = 1, max = 2 }, delay = 1, shape = "s_curve", in_year = "average" }
delivery = { dist = "bernoulli", p = 0.9 }
captured = [0.5, 1, 1]
[schemes.care.effects]
emergency = { segment = "frail", impact = { dist = "pert", min = 0.1, mode = 0.2, max = 0.3 } }
day_cases = { service = "elective", impact = -0.5, impact_is = "money", ramp = [0, 0.5, 1] }
[schemes.care.costs.team]
approach = "bottom_up"
funded_by = "ccg"
inflation = "pay"
people = 2_000
tiers.high = { share = 0.2, contacts = 24, hours = 1 }
tiers.low = { share = 0.8, contacts = 6, hours = 0.5 }
hours_per_wte = 1_600
utilisation = 0.8
cost_per_wte = 45_000
non_pay = 0.2
[schemes.care.costs.shared]
approach = "reinvestment"
share = 0.5
absorbed = 0.1
[schemes.care.investments.building]
kind = "capital"
amount = 5
year = 1
life = 10
charge_rate = 0.035
[arrangements.deal]
services = ["emergency", "elective"]
baseline = "plan"
plan_includes_schemes = 1
msr = [0.0, 0.02, 0.02]
msr_kind = "excess"
sides = ["one", "two", "two"]
gain_share = { acute = 0.3, community = 0.2, ccg = 0.5 }
gain_bands.high = { from = 0.05, share = { acute = 0.2, community = [0.1, 0.1, 0.2] } }
cap.acute = { of_baseline = 0.05, amount = 3 }
collar.community.of_income = 0.1
quality = { score = { dist = "uniform", min = 0.5, max = 1.0 }, community = 0.9, loss = "soften", soften = 0.5 }
[[correlation]]
drivers = ["pay", "services.emergency.growth.demographic", "services.emergency.volatility"]
rank = [[1, 0.5, 0], [0.5, 1, 0.1], [0, 0.1, 1]]
[scenarios.bold]
label = "Faster and further"
schemes.care.effects.emergency.impact = { dist = "uniform", min = 0.2, max = 0.4 }
schemes.care.ramp.years = 1
arrangements.deal.gain_share.acute = 0.3
[scenarios.off.schemes.care]
enabled = false
"""


@pytest.fixture
def minimal() -> dict[str, Any]:
    return copy.deepcopy(MINIMAL)


@pytest.fixture
def full() -> str:
    return FULL
