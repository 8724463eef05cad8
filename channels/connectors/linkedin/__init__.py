"""LinkedIn: posts of an organisation's page. Versioned API (Posts, Images, Videos, Documents), read in November 2026.

A post has no key, but the same text sent again within minutes is refused with the name of the first: that settles a lost
answer. Later the page's posts are listed. Media are uploaded beforehand and harmless until a post names them.
"""

from channels.connectors.linkedin.connector import LinkedInConnector

__all__ = ["LinkedInConnector"]
