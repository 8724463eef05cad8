from django.urls import path

from engagement import views

app_name = "engagement"
urlpatterns = [
    path("", views.index, name="index"),
    path("story/<int:story_id>/", views.story, name="story"),
]
