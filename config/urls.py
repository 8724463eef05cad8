from django.urls import include, path, re_path
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

from config import files

urlpatterns = [
    path("admin/", include(wagtailadmin_urls)),
    path("documents/", include(wagtaildocs_urls)),
    # Pictures and video that anyone may see: public pages use them and networks fetch them from here.
    re_path(r"^files/(?P<path>.+)$", files.serve, name="files"),
    path("", include("cms.urls")),
    path("", include(wagtail_urls)),
]
