"""Exceptions from quiet periods: one person asks with a reason, another one grants."""
