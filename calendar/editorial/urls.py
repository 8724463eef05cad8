"""Under /admin/calendar/."""

from django.urls import path

from editorial import choose, feeds, imports, kept, printed, repeat, shift, slots, timeline, views
from editorial.exceptions import views as exceptions
from editorial.guests import views as guests

app_name = "editorial"
urlpatterns = [
    path("", views.BoardPage.as_view(), name="month"),
    path("week/", views.WeekPage.as_view(), name="week"),
    path("list/", views.ListPage.as_view(), name="list"),
    path("events/", views.Events.as_view(), name="events"),
    path("selected/", views.Selected.as_view(), name="selected"),
    path("views/", kept.SavedViews.as_view(), name="saved_views"),
    path("feeds/", feeds.Feeds.as_view(), name="feeds"),
    path("new/", choose.Choose.as_view(), name="new"),
    path("new/<int:pk>/", choose.ChooseFormats.as_view(), name="new_formats"),
    path("import/", imports.ImportPlan.as_view(), name="import"),
    path("import/plan.<str:kind>", imports.PlanTemplate.as_view(), name="plan_template"),
    path("repeat/", repeat.Repeat.as_view(), name="repeat"),
    path("print/<str:view>/", printed.Printed.as_view(), name="print"),
    path("slots/", slots.Slots.as_view(), name="slots"),
    path("slots/<int:pk>/", slots.EditSlots.as_view(), name="edit_slots"),
    path("shift/", shift.Shift.as_view(), name="shift"),
    path("review/", views.Review.as_view(), name="review"),
    path("variant/<int:pk>/", views.VariantPage.as_view(), name="variant"),
    path("variant/<int:pk>/panel/", views.VariantPanel.as_view(), name="panel"),
    path("variant/<int:pk>/move/", views.Move.as_view(), name="move"),
    path("variant/<int:pk>/history/", timeline.History.as_view(), name="history"),
    path("variant/<int:pk>/quiet/", exceptions.Quiet.as_view(), name="quiet"),
    path("variant/<int:pk>/guests/", guests.Guests.as_view(), name="guests"),
    path("variant/<int:pk>/submit/", views.Submit.as_view(), name="submit"),
    path("variant/<int:pk>/withdraw/", views.Withdraw.as_view(), name="withdraw"),
    path("variant/<int:pk>/approve/", views.Approve.as_view(), name="approve"),
    path("variant/<int:pk>/request-changes/", views.RequestChanges.as_view(), name="request_changes"),
]
