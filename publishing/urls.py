"""Under /admin/publishing/."""

from django.urls import path

from publishing.pages.attention import AttentionPage
from publishing.pages.case import PublicationPage
from publishing.pages.costs import CostsPage
from publishing.pages.decide import Decide
from publishing.pages.listing import Index
from publishing.pages.pausing import PausePage, ReleasePage

app_name = "publishing"
urlpatterns = [
    path("", Index.as_view(), name="index"),
    path("attention/", AttentionPage.as_view(), name="attention"),
    path("costs/", CostsPage.as_view(), name="costs"),
    path("pause/", PausePage.as_view(), name="pause"),
    path("pause/release/", ReleasePage.as_view(), name="release"),
    path("<uuid:pk>/", PublicationPage.as_view(), name="publication"),
    path("<uuid:pk>/<slug:action>/", Decide.as_view(), name="decide"),
]
