"""The list and its segments (MODEL.md section 2, note 32)."""

from __future__ import annotations

from .reading import Reader


def population_by_segment(reader: Reader) -> dict[str, list[float]]:
    """N_seg[0..T] of each segment: its size as drawn, grown at its own rate, or that of the list where it has none."""
    result = {}
    for segment in reader.names("population.segments"):
        path = f"population.segments.{segment}"
        own = f"{path}.growth" if reader.has(f"{path}.growth") else "population.growth"
        result[segment] = grown(reader, reader.base_number(f"{path}.size"), own)
    return result


def population(reader: Reader) -> list[float]:
    """N[0..T]: the sum of the segments, or N[t] = N[t-1] (1 + growth[t])."""
    segments = population_by_segment(reader)
    if segments:
        return [sum(size[t] for size in segments.values()) for t in range(reader.last_year + 1)]
    return grown(reader, reader.base_number("population.size"), "population.growth")


def grown(reader: Reader, base: float, path: str) -> list[float]:
    """A size of the base year and what it grows to."""
    growth = reader.number(path, 0.0)
    size = [base]
    for t in reader.years:
        size.append(size[t - 1] * (1 + growth[t]))
    return size
