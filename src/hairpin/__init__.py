"""Hairpin: why a UCWA sign-in fails, and a gateway that makes it work.

The rooms, in the order in which they may import each other, are told in `docs/architecture.md`.
"""

__version__ = "0.1.0"
