"""Activity and money over time, as small scalar rules (MODEL.md sections 2 to 5).

Each rule takes and gives plain numbers; the loops over draws live in ``engine`` and are compiled together with them.
"""
