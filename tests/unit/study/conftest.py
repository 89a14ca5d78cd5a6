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
cost_weights = { pay = 0.7, drugs = 0.3 }
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
delivery = { dist = "event", probability = [0.9, 0.8, 1], impact = { dist = "pool", experts = [
  0.9, { dist = "uniform", min = 0, max = 1, lower = 0.8 }] } }
captured = [0.5, 1, 1]
[schemes.care.effects]
emergency = { segment = "frail", impact = { dist = "pert", min = 0.1, mode = 0.2, max = 0.3 } }
everyone = { service = "emergency", impact = 0.01 }
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
quality.score = { dist = "uniform", min = 0.5, max = 1.0, path = "ar1", rho = [0.5, 0.4, 0.3], start = 0.8 }
quality.community = 0.9
quality.loss = "soften"
quality.soften = 0.5
[cost_weights.ward]
pay = 0.6
drugs = 0.4
[services.beds]
need = "frailty"
provider = "acute"
activity = 9_000
price = 300
conversion = { inflation = 0.02, efficiency = 0.01, growth = 0.01 }
history = [8_800, 9_100, 8_950, 9_050]
cost_weights = "ward"
growth.population = true
variable_share = 0.5
marginal_bands.winter = { side = "above", from = 0.1, share = [0.8, 0.8, 0.9] }
marginal_bands.summer = { side = "below", from = 0.1, share = 0.2 }
plan_includes_schemes = 1
[services.home_care]
provider = "community"
spend = 12.5
conversion = { service_investment = 0.5, one_off = -0.1 }
[schemes.home]
organisation = "Community trust"
calculation = "Bed days at the price of a bed"
monitoring = "Bed days each month"
effects.beds = { impact = 0.1, shift.home_care = { dist = "uniform", min = 0.1, max = 0.2 } }
effects.rates = { service = "beds", impact = 0.02, acts_on = "price" }
effects.rota = { service = "beds", impact = 0.03, acts_on = "unit_cost" }
outcomes.people = { label = "People looked after at home", amount = { dist = "uniform", min = 300, max = 500 }, ramp = [0.5, 1, 1] }
outcomes.bed_days = { counts = "activity_avoided", service = "beds" }
[qipp.procurement]
service = "home_care"
amount = [0.1, 0.2, 0.2]
achieved = { dist = "uniform", min = 0.5, max = 1 }
[budgets.home_first]
label = "Home first"
commissioner = "ccg"
holder = "community"
services = { beds = {}, home_care = { from = 1, to = 3 } }
value = "plan"
plan_includes_schemes = [0.5, 1, 1]
unidentified_savings = 0.2
population_update.all.value = 250
resets = { years = [2, 3], drivers = ["qipp.procurement.achieved"], threshold = 0.01 }
improvement_payments.waits = { weight = 0.02, score = { dist = "uniform", min = 0.5, max = 1 } }
improvement_payments.falls = { weight = [0, 0, 0.01], score = 0.8 }
unearned_to = "acute"
[budgets.medicines]
commissioner = "ccg"
holder = "acute"
services = ["drugs"]
value = "allocation"
streams.core = { services = ["drugs"], growth = 0.02, base = 10, non_recurrent = 0.1 }
[allocations.core]
services = ["drugs", "elective"]
base = 75
growth = { dist = "uniform", min = 0.01, max = 0.03, path = "independent" }
[allocations.community]
services = ["home_care"]
amount = [13, 13, 14]
[arrangements.pool]
baseline = "budget"
budget = "home_first"
gain_share = { community = 0.5, acute = 0.2 }
[risks.staffing]
label = "Too few nurses"
scheme = "home"
likelihood = 4
impact = 3
mitigation = "Recruit early"
owner = "Director of nursing"
date = 2014-04-01
drivers = ["schemes.care.delivery"]
[checks]
home = { services = ["home_care"], spend = 12.5 }
[[correlation]]
drivers = ["services.emergency.segments.frail.share", "services.emergency.growth.demographic", "services.emergency.volatility"]
rank = [[1, 0.5, 0], [0.5, 1, 0.1], [0, 0.1, 1]]
[[correlation]]
name = "yearly"
pairs = [["pay", "arrangements.deal.quality.score", 0.3]]
measure = "kendall"
copula = "student_t"
df = 4
repair = true
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
