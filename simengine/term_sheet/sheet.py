"""The term sheet: a contract in plain words, year by year, in the order in which its terms are applied (MODEL.md section 6)."""

from collections.abc import Iterator, Sequence

from simengine.contract.order import PARTY_STEPS, POOL_STEPS, full_order
from simengine.study.arrangements import Arrangement
from simengine.study.defaults import covered_lines
from simengine.term_sheet.clauses import CLAUSES
from simengine.term_sheet.words import Terms, any_above_zero, limit_words

_STEP_WORDS = {
    "pool_limits": "limits on the pool",
    "carry_forward": "losses carried forward",
    "fund": "the fund's share off the top",
    "quality": "quality",
    "deduction": "deduction from gains",
    "limits": "cap and collar",
    "loss_adjustment": "adjustment of a loss",
    "term_limits": "limits over the term",
}
_MOST_LINES = 6


def term_sheet(terms: Terms) -> str:
    """The whole contract: its heading, what holds in every year, then the years with what is different, those alike together."""
    years = [year_words(terms, year) for year in range(len(terms.years))]
    always = [sentence for sentence in years[0] if all(sentence in words for words in years)]
    lines = [*heading(terms), "\n  in every year", *(f"    {sentence}" for sentence in always)]
    others = [(year, [sentence for sentence in words if sentence not in always]) for year, words in enumerate(years)]
    for first, last, words in _alike(others):
        label = terms.years[first] if first == last else f"{terms.years[first]} to {terms.years[last]}"
        if words:
            lines += [f"\n  {label}", *(f"    {sentence}" for sentence in words)]
    over = [f"    {sentence}" for sentence in _over_the_term(terms)]
    return "\n".join([*lines, *(["\n  over the term", *over] if over else [])])


def _alike(years: Sequence[tuple[int, list[str]]]) -> list[tuple[int, int, list[str]]]:
    found: list[tuple[int, int, list[str]]] = []
    for year, words in years:
        if found and found[-1][2] == words:
            found[-1] = (found[-1][0], year, words)
        else:
            found.append((year, year, words))
    return found


def _over_the_term(terms: Terms) -> Iterator[str]:
    for word, limits in (("gain", terms.arrangement.term_cap), ("lose", terms.arrangement.term_collar)):
        for party, limit in limits.items():
            most = limit_words(terms, limit, 0, "the baselines of the term", "of the term")
            yield f"Over the whole term {party} can {word} at most {most}."


def heading(terms: Terms) -> Iterator[str]:
    """What holds in all years: lines, parties, and the order of operations."""
    arrangement = terms.arrangement
    yield terms.name + (f": {arrangement.label}" if arrangement.label else "")
    if arrangement.programme:
        yield f"  terms of the programme {arrangement.programme}, where the study states no others"
    lines = list(covered_lines(terms.spec, arrangement))
    rest = f" and {len(lines) - _MOST_LINES} more" if len(lines) > _MOST_LINES else ""
    yield f"  covers {', '.join(lines[:_MOST_LINES])}{rest}"
    others = ", ".join(terms.side)
    fund = f"; the fund is {arrangement.fund.party}" if arrangement.fund else ""
    yield f"  {others} share{'s' if len(terms.side) == 1 else ''}; {terms.residual} takes what they do not{fund}"
    yield f"  order of operations: {', '.join(order_words(arrangement))}"


def order_words(arrangement: Arrangement) -> list[str]:
    """The steps that this contract has, numbered in its order."""
    movable = [step for step in full_order(arrangement.order) if _has(arrangement, step)]
    pool, party = [step for step in movable if step in POOL_STEPS], [step for step in movable if step in PARTY_STEPS]
    events = ["events adjustment"] if arrangement.adjustment else []
    steps = ["baseline", "outturn", *events, "gain rate", "thresholds", *(_STEP_WORDS[step] for step in pool), "shares"]
    steps += [*(_STEP_WORDS[step] for step in party), "the residual party", "less what is held through payment"]
    return [f"{number} {step}" for number, step in enumerate(steps, start=1)]


def _has(arrangement: Arrangement, step: str) -> bool:
    present = {
        "pool_limits": arrangement.pool_cap or arrangement.pool_collar,
        "carry_forward": arrangement.carry_forward,
        "fund": arrangement.fund,
        "quality": arrangement.quality,
        "deduction": any_above_zero(arrangement.deduction),
        "limits": arrangement.cap or arrangement.collar,
        "loss_adjustment": arrangement.loss_adjustment != 0.0,
        "term_limits": arrangement.term_cap or arrangement.term_collar,
    }
    return bool(present[step])


def year_words(terms: Terms, year: int) -> list[str]:
    """The terms of one year, a sentence each."""
    return [sentence for clause in CLAUSES for sentence in clause(terms, year)]
