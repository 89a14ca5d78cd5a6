"""The term sheet: a contract in plain words and its payoff curves, before any draw is made."""
