"""The addresses under /admin/channels/."""

from __future__ import annotations

from typing import Any

from django.urls import path
from wagtail.admin.viewsets.base import ViewSet

from channels import views
from channels.app_views import NetworksView


class ChannelsViewSet(ViewSet):
    name = "channels"
    icon = "link"

    def get_urlpatterns(self) -> list[Any]:
        return [
            path("", self.construct_view(views.IndexView), name="index"),
            path("connect/", self.construct_view(views.ConnectView), name="connect"),
            path("connect/<str:state>/", self.construct_view(views.ContinueView), name="continue"),
            path("callback/<slug:platform>/", self.construct_view(views.CallbackView), name="callback"),
            path("choose/<str:state>/", self.construct_view(views.ChooseView), name="choose"),
            path("<int:pk>/", self.construct_view(views.DetailView), name="detail"),
            path("<int:pk>/check/", self.construct_view(views.CheckView), name="check"),
            path("networks/", self.construct_view(NetworksView), name="networks"),
            path("<int:pk>/groups/", self.construct_view(views.GroupsView), name="groups"),
            path("<int:pk>/delivery/", self.construct_view(views.DeliveryView), name="delivery"),
            path("<int:pk>/reconnect/", self.construct_view(views.ReconnectView), name="reconnect"),
            path("<int:pk>/disconnect/", self.construct_view(views.DisconnectView), name="disconnect"),
        ]
