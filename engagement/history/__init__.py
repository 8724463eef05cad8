"""A made-up past of any size, for measuring: the same seed gives the same numbers. Never in a real database."""

from engagement.history.make import ADDED, Size, make, publications_for

__all__ = ["ADDED", "Size", "make", "publications_for"]
