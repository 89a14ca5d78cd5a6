"""Actuals and terms for tests of settling, short to write."""

from decimal import Context, Decimal, localcontext

from simengine.settling.actual import Actual, Line
from simengine.settling.outcome import History, rounded
from simengine.settling.settle import PRECISION
from simengine.settling.steps import settle_year
from simengine.settling.terms import Limit, QualityTerms, Terms


def number(value):
    """A decimal number from what a test writes; text and everything that is not a number as it is."""
    return Decimal(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else value


def terms(**stated):
    """Terms of one provider with half of gains and losses, changed as stated; numbers may be written as floats."""
    share = {"provider": Decimal("0.5")}
    found = {"gain_share": share, "loss_share": share}
    for key, value in stated.items():
        if key in ("gain_share", "loss_share", "income", "term_cap", "term_collar"):
            found[key] = {party: number(item) for party, item in value.items()}
        elif key in ("cap", "collar"):
            found[key] = {party: limit(**item) for party, item in value.items()}
        elif key in ("pool_cap", "pool_collar"):
            found[key] = limit(**value)
        elif key == "quality":
            found[key] = QualityTerms(
                **{name: number(item) if name not in ("gain", "loss", "standard") else item for name, item in value.items()}
            )
        else:
            found[key] = number(value) if key not in ("carry_years",) else value
    found.setdefault("parties", tuple(found["gain_share"]))
    return Terms("deal", "commissioner", **found)


def limit(**parts):
    return Limit(**{key: number(value) for key, value in parts.items()})


def actual(baseline, outturn, *, year="2020", paid=None, outturns=None, **known):
    """One contract's year."""
    money = [{party: number(amount) for party, amount in (given or {}).items()} for given in (paid, outturns)]
    named = {
        key: {party: number(item) for party, item in known.pop(key).items()} for key in ("scores", "revenues", "unearned") if key in known
    }
    line = Line("", number(baseline), number(outturn), *money)
    return Actual(2, "A", year, (line,), **named, **{key: number(value) for key, value in known.items()})


def actuals_file(folder, *rows, header, start=""):
    """A file of actuals: its header and its rows as they are written."""
    path = folder / "actuals.csv"
    path.write_text(start + "\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def settled(terms, *years):
    """The outcomes of a contract's years, one after the other."""
    past = History()
    with localcontext(Context(prec=PRECISION)):
        return [settle_year(year, terms, past, at) for at, year in enumerate(years)]


def paid(terms, *years):
    """What each party is paid, to the penny, year after year."""
    return [
        {party: float(amount) for party, amount in rounded(found.settlements, terms.residual).items()} for found in settled(terms, *years)
    ]
