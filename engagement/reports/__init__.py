"""The reports: each module turns rows of numbers into a :class:`~engagement.reports.report.Report`.

They read standings, day figures and channel days, never snapshots, and in as many queries for ten posts as for
ten thousand. Who may see what is asked of ``access.policy`` by :mod:`engagement.reports.filters`.
"""
