from django.urls import path

from engagement.api.endpoints import ENDPOINTS
from engagement.api.reports import endpoints
from engagement.api.views import Description, Read, ReadReport

app_name = "api"
urlpatterns = [
    path("openapi.json", Description.as_view(), name="openapi"),
    *(path(f"{e.name}/", Read.as_view(endpoint=e), name=e.name) for e in ENDPOINTS),
    *(
        path(f"reports/{e.name}/", ReadReport.as_view(endpoint=e), name=f"report_{e.name}")
        for e in endpoints()
    ),
]
