"""A person's own keys: make one, see it once, take one back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.generic import View
from wagtail.admin import messages
from wagtail.admin.views.account import BaseSettingsPanel
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from access import policy
from engagement.api import tokens
from engagement.models import ApiToken
from work import clock

MOST = 20  # keys of one person


class KeyForm(forms.ModelForm):
    name = forms.CharField(
        label="What it is for", max_length=120, help_text="For example the program that will use it."
    )

    class Meta:
        model = ApiToken
        fields = ("name",)


@method_decorator(never_cache, name="dispatch")
class Keys(WagtailAdminTemplateMixin, View):
    template_name = "engagement/keys.html"
    page_title = "Numbers for programs"
    header_icon = "key"
    _show_breadcrumbs = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        policy.require(request.user, policy.REPORT)
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        account = {"url": reverse("wagtailadmin_account"), "label": "Account"}
        return [*super().get_breadcrumbs_items(), account, {"url": "", "label": self.page_title}]

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page(KeyForm())

    def page(self, form: KeyForm, **context: Any) -> HttpResponse:
        rows = ApiToken.objects.filter(user=self.request.user).order_by("-created_at")
        address = settings.PUBLIC_URL + reverse("api:openapi")
        filled = self.get_context_data(form=form, keys=rows, address=address, **context)
        return self.render_to_response(filled)

    def post(self, request: HttpRequest) -> HttpResponse:
        mine = ApiToken.objects.filter(user=request.user)
        if gone := request.POST.get("revoke"):
            key = get_object_or_404(mine, pk=gone if gone.isdecimal() and len(gone) < 12 else 0)
            key.delete()
            messages.success(request, f"“{key}” is taken back. It opens nothing any more.")
            return redirect("engagement:keys")
        form = KeyForm(request.POST)
        if mine.count() >= MOST:
            form.add_error(None, f"You have {MOST} already. Take one back first.")
        if not form.is_valid():
            return self.page(form)
        key, text = tokens.make(request.user, form.cleaned_data["name"], clock.now())
        return self.page(KeyForm(), new=key, text=text)


class Panel(BaseSettingsPanel):
    """The way there from a person's account."""

    name = "api_keys"
    title = "Numbers for programs"
    order = 900
    template_name = "engagement/keys_panel.html"

    def is_active(self) -> bool:
        return policy.can(self.user, policy.REPORT)

    def get_form(self) -> forms.Form:
        return forms.Form()  # nothing to save here
