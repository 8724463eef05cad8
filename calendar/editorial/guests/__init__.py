"""Approvers without an account: one link for one person, one payload and one answer."""
