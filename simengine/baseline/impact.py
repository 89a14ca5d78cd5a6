"""Impact of a scheme, read off a comparison: the share of a line that would go if the whole opportunity were taken, with its source.

It is what a study file calls ``schemes.NAME.effects.LINE.impact``: a share at end state, before ramp, delivery and capture. A
comparison says how large an effect could be, never how likely it is: give it a distribution before it is used.
"""

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Effect:
    """The share (0 to 1) of one line that the opportunity is worth; ``line`` is the key of the service line, ``note`` how it came about."""

    line: str
    share: Fraction
    note: str


@dataclass(frozen=True, slots=True)
class ImpactTable:
    """A scheme with its effects, its source, and where a profile of progress is known its ramp (share reached in each year)."""

    scheme: str
    label: str
    source: str
    effects: tuple[Effect, ...]
    ramp: tuple[Fraction, ...] | None = None
