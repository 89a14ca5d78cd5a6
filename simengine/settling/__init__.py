"""Settles actual outturns to the penny: rows of actuals, the terms of each, the rules of ``simengine.contract`` in decimal numbers.

A row's terms come from a study's arrangement and year or from a programme by name. Bodies of the rules are those that the engine compiles.
"""
