"""An independent plain twin of the model, written from the documents alone: `twin`, `random_study`, `to_toml`, `random_values`."""

from .model import twin
from .random_studies import random_study
from .toml_text import to_toml
from .values import driver_table, random_values

__all__ = ["driver_table", "random_study", "random_values", "to_toml", "twin"]
