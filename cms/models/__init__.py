from cms.models.claims import Claim, ClaimStatus, ClaimUse
from cms.models.files import CampaignImage, CampaignMedia, CampaignRendition
from cms.models.maps import RegionMap
from cms.models.pages import CampaignPage, HomePage, InfographicPage, InfographicRow, PiecePage, StoryPage
from cms.models.people import KnownAccount

__all__ = [
    "CampaignImage",
    "CampaignMedia",
    "CampaignPage",
    "CampaignRendition",
    "Claim",
    "ClaimStatus",
    "ClaimUse",
    "HomePage",
    "InfographicPage",
    "InfographicRow",
    "KnownAccount",
    "PiecePage",
    "RegionMap",
    "StoryPage",
]
