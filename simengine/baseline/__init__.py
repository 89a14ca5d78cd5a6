"""Baselines from what a locality has, and sources of scheme impact: one method of the handbook or the guide per file.

Pure functions of rows, no files and no printing. Amounts are exact fractions (``exact.py``), so the parts of a contract sum to the
contract to the last penny and a printed cell is reproduced or is not: nothing is lost to binary fractions. Every method returns its
service lines together with the working, a list of steps that can be printed line by line (``working.py``).

Sources: WPB = whole population budgets handbook, chapter 2; FIX = products to support the fixed element; HFMA = What finance data is
required to drive value at a population level?; INT = Creating intelligence for improving value across a system.
"""
