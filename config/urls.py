from django.urls import include, path, re_path
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

from channels import webhooks
from channels.connectors.bluesky import client
from community.views import objections, public
from community.views.public_rating import Rate
from config import files
from editorial import feeds
from editorial.guests.views import GuestReview
from engagement.subscribing import DigestOff

urlpatterns = [
    path("admin/", include(wagtailadmin_urls)),
    path("documents/", include(wagtaildocs_urls)),
    # Pictures and video that anyone may see: public pages use them and networks fetch them from here.
    re_path(r"^files/(?P<path>.+)$", files.serve, name="files"),
    path("api/v1/", include("engagement.api.urls")),
    path("connect/bluesky/client-metadata.json", client.metadata, name="bluesky_client"),
    path("hooks/<slug:platform>/", webhooks.endpoint, name="webhook"),
    path("review/<str:token>/", GuestReview.as_view(), name="guest_review"),
    path("moderation/", public.moderation, name="moderation_policy"),
    path("moderation/object/", objections.Object.as_view(), name="object"),
    path("moderation/object/<str:token>/", objections.Mine.as_view(), name="my_objection"),
    path("rate/<str:token>/", Rate.as_view(), name="rate"),
    path("calendar-feed/<str:token>.ics", feeds.Feed.as_view(), name="calendar_feed"),
    path("numbers-mail/<str:token>/", DigestOff.as_view(), name="digest_off"),
    path("", include("cms.urls")),
    path("", include(wagtail_urls)),
]
