from django.urls import include, path, reverse
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from access import policy


class ReportMenuItem(MenuItem):
    def is_shown(self, request):
        return policy.can(request.user, policy.REPORT)


@hooks.register("register_admin_urls")
def urls():
    return [path("numbers/", include("engagement.urls"))]


@hooks.register("register_admin_menu_item")
def menu_item():
    return ReportMenuItem(
        "Platforms compared",
        reverse("engagement:index"),
        name="platforms-compared",
        icon_name="order",
        order=250,
    )
