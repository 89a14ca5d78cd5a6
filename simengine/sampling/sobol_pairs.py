"""How strongly two columns of the Sobol' design may be correlated by chance while draws are few: a measured rule.

Two columns far into the sequence share patterns that only more points break up: among 60 columns some pair has |r| of 0.16 at 4,096
draws, while the default of 65,536 draws leaves 0.006. Below are the largest |r| over all pairs of the first columns, for a dozen
seeds; ``tests/unit/sampling/test_sobol_pairs.py`` measures them again.
"""

from typing import Final

#: |r| that is let pass without a word: what 60 independent drivers show among their pairs at 1,500 random draws.
UNNOTED: Final = 0.1

# First columns -> draws -> largest |r|; the next power of two has at most UNNOTED.
_MEASURED: Final[dict[int, dict[int, float]]] = {
    40: {1024: 0.5, 2048: 0.2},
    80: {1024: 0.6, 2048: 0.6, 4096: 0.2},
    128: {1024: 0.7, 2048: 0.6, 4096: 0.5, 8192: 0.2},
}
_HARMLESS: Final = 20


def chance_correlation(columns: int, draws: int) -> tuple[float, int] | None:
    """Return the largest |r| that some pair of ``columns`` may have at so many draws, and the draws from which it is at most 0.1.

    None where it is at most 0.1 already, and for 20 columns or fewer, whose pairs are no worse than random draws.
    """
    if columns <= _HARMLESS:
        return None
    known = next((row for most, row in _MEASURED.items() if columns <= most), _MEASURED[128])
    enough = 2 * max(known)
    if draws >= enough:
        return None
    return known[max((number for number in known if number <= draws), default=min(known))], enough
