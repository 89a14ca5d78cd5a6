"""Distributions from data and from judgement: fitting families to a column of numbers, and quantiles stated by experts."""
