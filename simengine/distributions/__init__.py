"""Uncertainty of one quantity: families of distributions, one per file, by the name they have in a study file."""

from simengine.distributions.base import Distribution, Encoded, Family, Parameter
from simengine.distributions.build import build
from simengine.distributions.families import FAMILIES
from simengine.distributions.tables import Tables, pack_tables, table_key, unpack_tables

__all__ = [
    "FAMILIES",
    "Distribution",
    "Encoded",
    "Family",
    "Parameter",
    "Tables",
    "build",
    "pack_tables",
    "table_key",
    "unpack_tables",
]
