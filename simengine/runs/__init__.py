"""Runs that last: what a worker is told, what was summed so far, and how a run stops, goes on, is checked and is explained."""
