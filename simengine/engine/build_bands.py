"""Marginal bands of payment as arrays, and which lines need the passes of special_lines.py."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from simengine.engine.build_observed import ObservedLine
from simengine.engine.lines import Special
from simengine.study.model import StudySpec
from simengine.study.payment_bands import MarginalBand
from simengine.study.services import Service

_SIDES = ("above", "below")


def _band_share(band: MarginalBand, years: int) -> list[float]:
    return list(band.share) if isinstance(band.share, tuple) else [band.share] * years


def build_bands(spec: StudySpec, years: int, changed: Sequence[bool], observed: Mapping[str, ObservedLine]) -> Special:
    """The bands of every line; ``changed`` marks lines that schemes make special (all are unmarked when it is empty)."""
    lines = list(spec.services.values())
    found = [[_bands(line, side) for side in _SIDES] for line in lines]
    width = max((len(bands) for sides in found for bands in sides), default=0)
    edge, share = np.full((len(lines), 2, width), math.inf), np.zeros((len(lines), 2, years, width))
    for s, sides in enumerate(found):
        for k, bands in enumerate(sides):
            for at, band in enumerate(bands):
                edge[s, k, at] = band.from_edge
                share[s, k, :, at] = _band_share(band, years)
    marked = list(changed) or [False] * len(lines)
    seen = [observed.get(name) for name in spec.services]
    special = [on or bool(line.marginal_bands) or one is not None for on, line, one in zip(marked, lines, seen, strict=True)]
    return Special(
        line=np.array(special, dtype=np.int64),
        bands=np.array([[len(bands) for bands in sides] for sides in found], dtype=np.int64).reshape(len(lines), 2),
        edge=edge,
        share=share,
        observed=np.array([0 if one is None else len(one.values) for one in seen], dtype=np.int64),
        outturn=np.array([0 if one is None else one.seen for one in seen], dtype=np.int64),
    )


def _bands(line: Service, side: str) -> list[MarginalBand]:
    """The bands of one side, by rising edge."""
    return sorted((band for band in line.marginal_bands.values() if band.side in (side, "both")), key=lambda band: band.from_edge)
