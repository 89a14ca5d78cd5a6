"""Everything of a subject that does not differ between draws: its plan, and the weights that turn line arrays into sums of parties."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.twin_reading import Floats, Line, Ref, Scheme, Terms

Index = npt.NDArray[np.int64]
LARGEST_EFFECT = 1.0 - 1e-12


def ramp(scheme: Scheme, delay: Floats | float, year: int) -> Floats | float:
    """Linear ramp of a scheme at the end of a year."""
    return np.clip((year - delay) / scheme.years, 0.0, 1.0)


@dataclass(frozen=True)
class Plan:
    """The plan by (line, year): activity before and after schemes, price, and payment."""

    do_nothing: Floats
    outturn: Floats
    price: Floats
    payment: Floats


def plan_of(terms: Terms) -> Plan:
    """The model at the means of its drivers, worked line by line (it need not be quick)."""
    rates = [_mean_inflation(terms, category) for category in terms.categories]
    found = Plan(*(np.empty((len(terms.lines), terms.years)) for _ in range(4)))
    for s, line in enumerate(terms.lines):
        change = 1.0 + sum(w * r for w, r in zip(line.weights, rates, strict=True))
        for t in range(terms.years):
            found.do_nothing[s, t] = line.activity * (1.0 + line.growth.value) ** (t + 1)
            kept = 1.0
            for j, impact in line.effects:
                scheme = terms.schemes[j]
                size = float(impact.value * ramp(scheme, scheme.delay.value, t + 1) * scheme.delivery.value)
                kept *= 1.0 - min(size, LARGEST_EFFECT)
            found.outturn[s, t] = found.do_nothing[s, t] * kept
            found.price[s, t] = line.price * (change * (1.0 - line.required)) ** (t + 1)
            found.payment[s, t] = _with_schemes(found, line.kappa, s, t)
    return found


def _with_schemes(plan: Plan, kappa: float, s: int, t: int) -> float:
    """Planned spend with the share ``kappa`` of the planned scheme impact taken out."""
    planned = plan.do_nothing[s, t]
    return float((planned - kappa * (planned - plan.outturn[s, t])) * plan.price[s, t])


def _mean_inflation(terms: Terms, category: str) -> float:
    return float(terms.drivers[f"inflation.{category}"]["mean"])


class Distinct:
    """Equal things once: their list, and for each line the row of its own."""

    def __init__(self, items: list[object]) -> None:
        self.items = list(dict.fromkeys(items))
        self.row: Index = np.array([self.items.index(item) for item in items], dtype=np.intp)
        self.is_plain = self.row.tolist() == list(range(len(items)))


@dataclass(frozen=True)
class Weights:
    """Weights by year: of activity at price and cost (``money``), of activity at reference price, of part-fixed lines; and constants.

    Rows of ``money``: saving, cost avoided, payment by provider, variable cost by provider. Rows of ``reference``: outturn, then what
    each provider holds of it.
    """

    providers: tuple[int, ...]
    money: Floats  # (year, row, line)
    reference: Floats  # (year, row, line)
    payment: Floats  # (year, provider): fixed part of payments
    baseline: Floats  # (year,)
    fixed: Index  # lines with a fixed cost
    fixed_cost: Floats  # (year, provider, fixed line)
    capacity: Floats  # (year, fixed line): planned activity
    activity: Floats  # (fixed line, 1): base activity
    release: int
    funding: Floats  # (year, party): where it is not a driver


def _by_provider(terms: Terms, providers: tuple[int, ...]) -> Floats:
    """One where a provider (row) provides a line (column)."""
    return np.array([[float(line.provider == p) for line in terms.lines] for p in providers])


def _column(terms: Terms, name: str) -> Floats:
    return np.array([getattr(line, name) for line in terms.lines], dtype=np.float64)


def _releasing(line: Line) -> bool:
    return line.fixed > 0.0 and line.release > 0


def weights_of(terms: Terms, plan: Plan) -> Weights:
    """The weights and constants of a subject."""
    providers = tuple(dict.fromkeys(line.provider for line in terms.lines))
    who = _by_provider(terms, providers)
    activity, price, variable = _column(terms, "activity"), _column(terms, "price"), _column(terms, "variable")
    fixed = np.flatnonzero([_releasing(line) for line in terms.lines])
    lengths = {terms.lines[s].release for s in fixed}
    if len(lengths) > 1:
        message = "the twin knows one length of release"
        raise ValueError(message)
    part = np.where([_releasing(line) for line in terms.lines], _column(terms, "fixed"), 0.0)
    years = np.arange(1, terms.years + 1)[:, None]
    priced = activity * price * (1.0 - _column(terms, "required")) ** years
    costed = priced if terms.achieved is None else activity * price * np.ones((terms.years, 1))
    reference = activity * plan.price.T
    money = np.concatenate(
        [priced[:, None], costed[:, None], who * (variable * priced)[:, None], who * ((1.0 - part) * costed)[:, None]], axis=1
    )
    held = who * ((variable - 1.0) * reference)[:, None]
    deal = np.array([[_with_schemes(plan, terms.deal.kappa, s, t) for s in range(len(terms.lines))] for t in range(terms.years)])
    spend = (plan.do_nothing * plan.price).sum(axis=0)
    return Weights(
        providers=providers,
        money=money,
        reference=np.concatenate([reference[:, None], held], axis=1),
        payment=((1.0 - variable) * plan.payment.T) @ who.T,
        baseline=deal.sum(axis=1),
        fixed=fixed,
        fixed_cost=(who * (part * costed / activity)[:, None])[:, :, fixed],
        capacity=plan.do_nothing[fixed].T,
        activity=activity[fixed, None],
        release=lengths.pop() if lengths else 0,
        funding=np.array(
            [[_stated(f, spend[t] if p == terms.payer else 0.0) for p, f in enumerate(terms.funding)] for t in range(terms.years)]
        ),
    )


def _stated(funding: Ref | None, spend: float) -> float:
    """Funding that is no driver: as stated, else the planned spend."""
    if funding is None:
        return spend
    return 0.0 if funding.driver else funding.value
