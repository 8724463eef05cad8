from django.urls import path

from engagement import click_pages, goals, views
from engagement.api.page import Keys
from engagement.kinds import KINDS

app_name = "engagement"
urlpatterns = [
    path("", views.Index.as_view(), name="index"),
    path("keys/", Keys.as_view(), name="keys"),
    path("meanings/", views.Meanings.as_view(), name="meanings"),
    path("story/", views.Stories.as_view(), name="stories"),
    path("story/<int:story_id>/", views.Story.as_view(), name="story"),
    path("goals/<int:campaign_id>/", goals.Goals.as_view(), name="goals"),
    path("clicks/imports/", click_pages.Imports.as_view(), name="click_imports"),
    path("clicks/imports/template/<str:kind>/", click_pages.Template.as_view(), name="click_template"),
    path("clicks/imports/<int:import_id>/delete/", click_pages.TakeBack.as_view(), name="take_clicks_back"),
    path("hours/slots/", views.TakeSlots.as_view(), name="take_slots"),
    *(path(f"{kind.slug}/", views.ReportPage.as_view(kind=kind), name=kind.slug) for kind in KINDS),
]
