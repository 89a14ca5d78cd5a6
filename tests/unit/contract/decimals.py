"""The rules as plain Python, so that they can be called with decimal numbers as `settle` does."""

from simengine.settling.bodies import body

__all__ = ["body"]
