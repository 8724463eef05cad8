"""Who may do what with the list of people and accounts, in Wagtail's words, answered by access.policy."""

from access import policy
from formats.permissions import CampaignPolicy


class AccountPolicy(CampaignPolicy):
    """Whoever writes stories keeps the list; the others of the team read it."""

    capabilities = {
        "view": policy.VIEW,
        "add": policy.WRITE,
        "change": policy.WRITE,
        "delete": policy.WRITE,
    }
