"""Who pays whom: the rules of gain/loss sharing, one per file (MODEL.md section 6; WPB chapter 6).

A rule is a small function of the terms and an amount. Bodies use no float literals and no ``math`` call but ``isnan``, so the same
functions serve compiled draws and decimal settlements.
"""
