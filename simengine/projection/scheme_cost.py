"""Costs of schemes: staff needed, cost after absorbed productivity, and capital charges (MODEL.md section 4; BCF steps 4 to 6)."""


def capital_charge_weights(life: int, charge_rate: float, years: int) -> list[list[float]]:
    """Weight of the spending of year k (column) in the charge of year t (row), both counted from 0.

    Straight line over ``life`` years plus ``charge_rate`` on the opening value: ``1/life + charge_rate (1 - (t - k)/life)`` for
    ``k ≤ t < k + life``, else 0.
    """
    return [[1.0 / life + charge_rate * (1.0 - (t - k) / life) if k <= t < k + life else 0.0 for k in range(years)] for t in range(years)]
