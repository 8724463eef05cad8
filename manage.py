#!/usr/bin/env python
"""Hustings from the command line: `./manage.py help` lists what it can do."""

import os
import sys

import config  # noqa: F401  puts calendar/ on the import path

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
