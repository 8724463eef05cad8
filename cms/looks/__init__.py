"""A campaign's look, chosen while its cards are seen."""
