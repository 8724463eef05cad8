"""Under /admin/calendar/."""

from django.urls import path

from editorial import views

app_name = "editorial"
urlpatterns = [
    path("", views.BoardPage.as_view(), name="month"),
    path("week/", views.WeekPage.as_view(), name="week"),
    path("list/", views.ListPage.as_view(), name="list"),
    path("events/", views.Events.as_view(), name="events"),
    path("selected/", views.Selected.as_view(), name="selected"),
    path("review/", views.Review.as_view(), name="review"),
    path("variant/<int:pk>/", views.VariantPage.as_view(), name="variant"),
    path("variant/<int:pk>/panel/", views.VariantPanel.as_view(), name="panel"),
    path("variant/<int:pk>/move/", views.Move.as_view(), name="move"),
    path("variant/<int:pk>/submit/", views.Submit.as_view(), name="submit"),
    path("variant/<int:pk>/withdraw/", views.Withdraw.as_view(), name="withdraw"),
    path("variant/<int:pk>/approve/", views.Approve.as_view(), name="approve"),
    path("variant/<int:pk>/request-changes/", views.RequestChanges.as_view(), name="request_changes"),
]
