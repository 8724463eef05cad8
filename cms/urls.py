from django.urls import path

from cms.views import campaign_css

urlpatterns = [path("campaign-<int:pk>.css", campaign_css, name="campaign_css")]
