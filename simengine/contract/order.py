"""The order of operations of a settlement (MODEL.md section 6): which steps there are, and which of them a contract may move.

1 baseline, 2 outturn, 3 events adjustment, 4 gain rate, 5 thresholds; then the steps on the pool; the shares and bands; the steps on each
party's amount; 14 the residual party takes what is left, 15 what parties hold already is taken into account. Steps may change places with
others of their kind only.
"""

POOL_STEPS = ("pool_limits", "carry_forward", "fund")
PARTY_STEPS = ("quality", "deduction", "limits", "loss_adjustment", "term_limits")
MOVABLE = (*POOL_STEPS, *PARTY_STEPS)
CODES = {step: code for code, step in enumerate(MOVABLE)}


def full_order(stated: tuple[str, ...]) -> tuple[str, ...]:
    """All movable steps in the order of a contract: its own list, or the default one where it states none."""
    return stated or MOVABLE
