"""Numbers and variants as JSON for a team's own programs: read only, by a person's token, within their campaigns."""
