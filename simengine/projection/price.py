"""Price and unit cost: two indices that share inflation and differ in efficiency (MODEL.md section 2; WPB 3.4).

``P[t] = P[t-1] (1 + Σ_c w_c inflation_c[t]) (1 - efficiency_required[t])``, or with a net tariff change
``P[t] = P[t-1] (1 + tariff_change[t])``; ``C[t]`` has ``efficiency_achieved`` in its place and never the tariff change.
"""

from typing import NamedTuple


class Change(NamedTuple):
    """One yearly factor ``1 + Σ_k weight_k · rate_k`` of an index; rates are whatever the caller uses to name a number."""

    rates: tuple[object, ...]
    weights: tuple[float, ...]


def inflation_change(rates: tuple[object, ...], weights: tuple[float, ...]) -> Change:
    """Inflation of the cost categories at fixed weights (WPB tables 3 to 6)."""
    return Change(rates, weights)


def efficiency_change(rate: object) -> Change:
    """Efficiency lowers the index by its rate each year."""
    return Change((rate,), (-1.0,))


def rate_change(rate: object) -> Change:
    """A single rate: a tariff change, a growth factor, the inflation of one category."""
    return Change((rate,), (1.0,))


def price_changes(
    inflation: Change | None, efficiency_required: object | None, tariff_change: object | None, growth: object | None
) -> tuple[Change, ...]:
    """The yearly factors of a price, in their order; a net tariff change stands alone unless it is on top (the caller passes the rest)."""
    changes = [] if inflation is None else [inflation]
    if efficiency_required is not None:
        changes.append(efficiency_change(efficiency_required))
    changes.extend(rate_change(rate) for rate in (tariff_change, growth) if rate is not None)
    return tuple(changes)


def unit_cost_changes(inflation: Change | None, efficiency_achieved: object | None, growth: object | None) -> tuple[Change, ...]:
    """The yearly factors of what a unit costs its provider, in their order."""
    return price_changes(inflation, efficiency_achieved, None, growth)
