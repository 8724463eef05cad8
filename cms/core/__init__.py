"""Plain Python: colours, words, languages. Knows no Django, no clock and no network."""
