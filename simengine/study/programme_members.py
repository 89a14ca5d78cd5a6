"""Who is on the provider side of an arrangement, told from the tree of a study before it is checked."""

from typing import Any

Tree = dict[str, Any]


def sides_of(tree: Tree, own: Tree) -> dict[str, float] | str:
    """The part of each party other than the residual in what goes to the provider side: 0 for those without one.

    The stated ``split``, else the shares that the arrangement states, else all to the only such party. Where there are several: what is
    wrong, in words.
    """
    others = _others(tree, own)
    split = own.get("split")
    if isinstance(split, dict) and split:
        parts = {party: part for party, part in split.items() if isinstance(part, int | float) and not isinstance(part, bool)}
        if len(parts) < len(split) or abs(sum(parts.values()) - 1) > 1e-9 or min(parts.values()) < 0:
            return "must have a share from 0 to 1 for each party, which sum to 1"
        return {**dict.fromkeys(others, 0.0), **parts}
    shares = own.get("gain_share")
    if isinstance(shares, dict) and shares and all(isinstance(share, int | float) for share in shares.values()):
        residual = own.get("residual")
        total = sum(share for party, share in shares.items() if party != residual)
        if total > 0:
            return {party: share / total for party, share in shares.items() if party != residual}
    if len(others) == 1:
        return {others[0]: 1.0}
    if not others:
        return "is required: the covered lines do not tell who is on the provider side"
    return f"is required: how {', '.join(others)} divide what goes to the provider side; a table PARTY = share that sums to 1"


def _others(tree: Tree, own: Tree) -> list[str]:
    """Payers and providers of the covered lines but the residual party, in the order of the lines."""
    services, parties = _table(tree, "services"), _table(tree, "parties")
    budget = _table(_table(tree, "budgets"), str(own.get("budget"))) if own.get("baseline") == "budget" else {}
    lines = own.get("services") or list(budget.get("services", ()))
    commissioners = [name for name, party in parties.items() if isinstance(party, dict) and party.get("role") == "commissioner"]
    only = commissioners[0] if len(commissioners) == 1 else None
    payers, members = [], []
    for line in lines if isinstance(lines, list) else []:
        service = _table(services, str(line))
        payer = service.get("payer", only)
        payers.append(payer)
        members += [payer, service.get("provider")]
    members += [budget.get("commissioner"), budget.get("holder")]
    paying = [name for name in commissioners if name in payers]
    residual = own.get("residual") or budget.get("commissioner") or (paying[0] if len(paying) == 1 else None)
    found = dict.fromkeys(name for name in members if isinstance(name, str) and name != residual)
    return list(found) if residual is not None else []


def _table(tree: Tree, name: str) -> Tree:
    found = tree.get(name)
    return found if isinstance(found, dict) else {}
