"""People and accounts: names in stories that become each platform's handles (formats.core.mentions)."""
