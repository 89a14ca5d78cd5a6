"""The registered list: its size and growth, as a whole and by segment."""

from pydantic import Field

from simengine.study.numbers import BasePositive, Rate
from simengine.study.table import Name, Table


class PopulationSegment(Table):
    """A part of the list with a size and a growth of its own; the segments together are the list."""

    label: str | None = None
    size: BasePositive = Field(description="people in the base year")
    growth: Rate | None = Field(default=None, description="default: population.growth")


class Population(Table):
    """The list size of the base year and its growth. With segments the list is their sum."""

    size: BasePositive | None = Field(default=None, description="people in the base year; with segments it may be left out")
    growth: Rate = 0.0
    segments: dict[Name, PopulationSegment] = {}
