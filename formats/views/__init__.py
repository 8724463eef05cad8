"""The admin pages of variants that Wagtail does not bring, and those of its that differ; one module per page."""
