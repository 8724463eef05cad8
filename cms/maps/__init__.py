"""Maps for infographics."""
