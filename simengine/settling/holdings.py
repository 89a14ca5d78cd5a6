"""What each party but the residual holds of the gain through payment (MODEL.md section 6, the sums W), at reference price."""

from collections.abc import Mapping
from decimal import Decimal

from simengine.settling.actual import CannotSettle, Line
from simengine.settling.terms import ONE, ZERO, Terms


def holdings(lines: tuple[Line, ...], terms: Terms) -> dict[str, Decimal]:
    """What is held of some lines of a contract's year by each party but the residual, in the currency, of a full year.

    Who is paid holds ``pay - o`` of a line, who pays ``b - pay``. Raises CannotSettle where a payment or a payer cannot be told.
    """
    if terms.payment == "block" and not any(line.paid for line in lines):
        return {terms.parties[0]: sum((line.baseline - line.outturn for line in lines), ZERO)}
    found: dict[str, Decimal] = {}
    for line in lines:
        paid, payer = _paid(line, terms), _payer(line, terms)
        if payer is not None and payer not in paid:
            # the payer holds what is left of the line's gain
            gain = line.baseline * (ONE - terms.stretch) - line.outturn
            paid = {**paid, payer: gain - sum(paid.values(), ZERO)}
        for party, held in paid.items():
            found[party] = found.get(party, ZERO) + held
    return found


def _paid(line: Line, terms: Terms) -> Mapping[str, Decimal]:
    """``pay - o`` of each party with a payment of its own; payment that is not stated was by activity, so nothing is held by it."""
    required = terms.stated.get(line.name, ()) if line.name else tuple(party for parties in terms.stated.values() for party in parties)
    for party in required:
        if party not in line.paid:
            raise CannotSettle(column=f"paid_{party}", rule=f"is required: under {terms.name} payment is not by activity alone")
    held = {}
    for party, amount in line.paid.items():
        outturn = line.outturns.get(party)
        if outturn is None and len([name for name in line.paid if name != terms.residual]) > 1:
            raise CannotSettle(
                column=f"outturn_{party}", rule="is required where several parties are paid: which part of the outturn is theirs?"
            )
        held[party] = amount - (line.outturn if outturn is None else outturn)
    return held


def _payer(line: Line, terms: Terms) -> str | None:
    """Who pays for a line; None for the residual party, which holds what the others do not."""
    payers = tuple(dict.fromkeys(terms.payers.values()))
    payer = terms.payers.get(line.name, payers[0] if len(payers) == 1 else None)
    if payer is None and payers:
        rule = f"is required: {', '.join(payers)} pay for lines of {terms.name}, so it takes one row for each line"
        raise CannotSettle(column="service", rule=rule)
    return None if payer == terms.residual else payer
