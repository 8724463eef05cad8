"""Who may do what with claims, in Wagtail's words, answered by access.policy."""

from access import policy
from formats.permissions import CampaignPolicy


class ClaimPolicy(CampaignPolicy):
    """Checking and withdrawing are not among Wagtail's actions: cms.claims.rules."""

    capabilities = {
        "view": policy.VIEW,
        "choose": policy.WRITE,
        "add": policy.WRITE,
        "change": policy.WRITE,
        "delete": policy.WRITE,
    }
