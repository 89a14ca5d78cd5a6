"""Rules about marginal bands of a payment."""

from collections.abc import Mapping

from simengine.study.checker import Checker
from simengine.study.payment_bands import MarginalBand


def check_payment_bands(checker: Checker, path: str, bands: Mapping[str, MarginalBand]) -> None:
    """On each side of the plan every edge belongs to one band."""
    edges: dict[tuple[str, float], str] = {}
    for name, band in bands.items():
        if checker.lost_part_of(f"{path}.{name}.from") or checker.lost_part_of(f"{path}.{name}.side"):
            continue
        for side in ("above", "below") if band.side == "both" else (band.side,):
            other = edges.setdefault((side, band.from_edge), name)
            if other != name:
                checker.say(f"{path}.{name}.from", f"is the edge of the band {other} on the side {side} as well", band.from_edge)
                break
