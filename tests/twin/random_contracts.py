"""Random arrangements for sharing gains and losses."""

from __future__ import annotations

from typing import Any

from .random_numbers import Numbers, rounded, typical_spend


def split(numbers: Numbers, parties: list[str], total: float) -> dict[str, Any]:
    """Shares by party that sum to at most a total, as terms."""
    weights = [numbers.rng.uniform(0.2, 1.0) for _ in parties]
    result: dict[str, Any] = {}
    for party, weight in zip(parties, weights, strict=True):
        share = weight / sum(weights) * total
        if numbers.chance(0.2):
            result[party] = [rounded(share * numbers.rng.uniform(0.3, 0.999)) for _ in range(numbers.years)]
        else:
            result[party] = rounded(share * 0.999)
    return result


def any_bands(numbers: Numbers, parties: list[str]) -> dict[str, Any]:
    """One or two bands of |g|."""
    edges = sorted(rounded(numbers.rng.uniform(0.005, 0.12)) for _ in range(numbers.rng.randint(1, 2)))
    bands = {}
    for position, edge in enumerate(edges):
        bands[f"band_{position}"] = {"from": edge, "share": split(numbers, parties, numbers.rng.uniform(0.1, 1.0))}
    return bands


def any_limit(numbers: Numbers, money: float) -> dict[str, Any]:
    """A cap or a collar on one or more bases."""
    bases = numbers.rng.sample(["of_baseline", "of_income", "amount"], numbers.rng.randint(1, 3))
    limit = {}
    for basis in bases:
        if basis == "amount":
            limit[basis] = numbers.term(0.05 * money, 1.0 * money)
        else:
            limit[basis] = numbers.term(0.001, 0.03)
    return limit


def any_quality(numbers: Numbers, provider_side: list[str], loss_bands: bool) -> dict[str, Any]:
    """Quality: scores and what they do to gains and losses."""
    rng = numbers.rng
    quality: dict[str, Any] = {"score": numbers.number("score", 0.2, 1.0)}
    if provider_side and numbers.chance(0.3):
        quality[rng.choice(provider_side)] = numbers.number("score", 0.2, 1.0)
    gain = rng.choice(["multiplier", "gate", "gate", "none"])
    if gain != "multiplier" or numbers.chance(0.5):
        quality["gain"] = gain
    if gain == "gate":
        quality["gate"] = rounded(rng.uniform(0.3, 0.8))
    loss = rng.choice(["none", "soften"] if loss_bands else ["none", "soften", "loss_rate", "loss_rate"])
    if loss != "none" or numbers.chance(0.3):
        quality["loss"] = loss
    if loss == "soften":
        quality["soften"] = rounded(rng.uniform(0.1, 0.9))
    elif loss == "loss_rate":
        quality["loss_share_max"] = rounded(rng.uniform(0.5, 1.0))
        quality["loss_floor"] = rounded(rng.uniform(0.1, 0.4))
        quality["loss_ceiling"] = rounded(rng.uniform(0.5, 0.9))
    return quality


def add_thresholds(numbers: Numbers, terms: dict) -> None:
    """Minimum savings and loss rates and their kinds."""
    rng = numbers.rng
    kinds = ["first_pound", "excess"]
    pick = rng.random()
    if pick < 0.75:
        terms["msr"] = rng.choice([rounded(rng.uniform(0.005, 0.04)), numbers.term(0.005, 0.04), [0.0] + [0.02] * (numbers.years - 1)])
        terms["msr_kind"] = rng.choice(kinds)
    if numbers.chance(0.3):
        terms["mlr"] = numbers.term(0.005, 0.04)
        if "msr_kind" not in terms or numbers.chance(0.5):
            terms["mlr_kind"] = rng.choice(kinds)


def any_arrangement(tree: dict, numbers: Numbers, lines: list[str], money: float) -> dict:
    """An arrangement that covers some lines."""
    rng = numbers.rng
    commissioners = [name for name, party in tree["parties"].items() if party["role"] == "commissioner"]
    payers = [tree["services"][line].get("payer") or commissioners[0] for line in lines]
    found = set(payers) | {tree["services"][line]["provider"] for line in lines}
    if numbers.chance(0.3):
        found.add(rng.choice(list(tree["parties"])))
    parties = [party for party in tree["parties"] if party in found]
    paying_commissioners = sorted(set(payers) & set(commissioners))

    terms: dict[str, Any] = {"services": lines, "baseline": rng.choice(["plan", "plan", "explicit"])}
    if len(paying_commissioners) == 1 and numbers.chance(0.5):
        residual = paying_commissioners[0]
    else:
        residual = terms["residual"] = rng.choice(parties)
    provider_side = [party for party in parties if party != residual]
    if terms["baseline"] == "explicit":
        spend = sum(typical_spend(tree["services"][line], money) for line in lines)
        terms["baseline_value"] = numbers.term(0.9 * spend, 1.15 * spend)
    else:
        terms["plan_includes_schemes"] = rng.choice([0.0, 1.0, numbers.term(0.0, 1.0)])
    if numbers.chance(0.3):
        terms["stretch"] = numbers.term(0.0, 0.05)
    add_thresholds(numbers, terms)
    if numbers.chance(0.6):
        terms["sides"] = rng.choice(["two", "one", [rng.choice(["one", "two"]) for _ in range(numbers.years)]])

    terms["gain_share"] = split(numbers, provider_side, rng.uniform(0.3, 1.0))
    if not provider_side or numbers.chance(0.3):
        given = sum(max(share) if isinstance(share, list) else share for share in terms["gain_share"].values())
        if all(not isinstance(share, list) for share in terms["gain_share"].values()):
            terms["gain_share"][residual] = round(1.0 - given, 6)
    gain_bands = bool(provider_side) and numbers.chance(0.3)
    loss_bands = bool(provider_side) and numbers.chance(0.25)
    if gain_bands or loss_bands or (provider_side and numbers.chance(0.4)):
        terms["loss_share"] = split(numbers, provider_side, rng.uniform(0.3, 1.0))
    if gain_bands:
        terms["gain_bands"] = any_bands(numbers, provider_side)
    if loss_bands:
        terms["loss_bands"] = any_bands(numbers, provider_side)
    for key in ("cap", "collar"):
        limited = [party for party in provider_side if numbers.chance(0.5)]
        if limited:
            terms[key] = {party: any_limit(numbers, money) for party in limited}
    if provider_side and numbers.chance(0.5):
        terms["quality"] = any_quality(numbers, provider_side, loss_bands)
    without_losses_in_one_sided_years(terms, residual, numbers.years)
    return terms


def without_losses_in_one_sided_years(terms: dict, residual: str, years: int) -> None:
    """Leaves out loss shares where losses are not shared: yearly ones are 0 in one-sided years, a plain one stands for the others."""
    sides = terms.get("sides", "two")
    sides = sides if isinstance(sides, list) else [sides] * years
    if "two" not in sides:
        terms.pop("loss_share", None)
        terms.pop("loss_bands", None)
    for shares in [terms.get("loss_share", {}), *(band["share"] for band in terms.get("loss_bands", {}).values())]:
        for party, share in shares.items():
            if isinstance(share, list) and party != residual:
                shares[party] = [value if side == "two" else 0.0 for value, side in zip(share, sides, strict=True)]


def add_arrangements(tree: dict, numbers: Numbers, money: float) -> None:
    """None, one or two arrangements over different lines."""
    rng = numbers.rng
    count = rng.choices([0, 1, 2], [2, 5, 3])[0]
    lines = list(tree["services"])
    rng.shuffle(lines)
    covered: list[list[str]] = []
    for position in range(min(count, len(lines))):
        most = len(lines) - (count - position - 1)
        chosen = [lines.pop() for _ in range(rng.randint(1, max(1, min(3, most))))]
        covered.append(chosen)
    if covered:
        tree["arrangements"] = {}
    for position, chosen in enumerate(covered):
        tree["arrangements"][f"deal_{position}"] = any_arrangement(tree, numbers, chosen, money)
