"""Correct or retract a claim: say what was wrong, look at what will happen, do it; later, prepare what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from access import policy
from cms.claims.rules import NotPossible
from cms.models import Claim
from editorial.claims import correct, outlets
from editorial.claims.forms import WithdrawForm
from editorial.claims.wording import Correction
from formats.core.draft import Draft
from formats.models import Variant
from publishing.models import Publication


@dataclass(frozen=True)
class Post:
    """A post that is out, how it can be put right, and the correction: the one there is, or what it would say."""

    publication: Publication
    way: correct.Way
    made: Variant | None
    draft: Draft | None


class WithdrawPage(WagtailAdminTemplateMixin, TemplateView):
    template_name = "editorial/claims/withdraw.html"
    page_title = "Correct or retract a claim"
    header_icon = "clipboard-list"
    _show_breadcrumbs = True

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        rows = policy.scoped(Claim.objects.select_related("campaign", "successor"), request.user, policy.VIEW)
        self.claim = rows.filter(pk=kwargs["pk"]).first()
        if self.claim is None:
            raise Http404
        if not policy.can(request.user, policy.CHECK, self.claim):
            raise PermissionDenied

    def get_page_subtitle(self) -> str:
        return str(self.claim)

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        items = [
            {"url": reverse("claims:list"), "label": "Claims"},
            {"url": self.claim.url, "label": str(self.claim)},
            {"url": "", "label": self.page_title},
        ]
        return [*self.breadcrumbs_items, *items]

    @cached_property
    def publications(self) -> list[Publication]:
        return outlets.published_with(self.claim.pk)

    def posts(self, correction: Correction | None) -> list[Post]:
        return [
            Post(
                publication,
                correct.way_for(publication),
                correct.correction_of(self.claim, publication),
                correct.draft_for(publication, correction) if correction else None,
            )
            for publication in self.publications
        ]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show(form=WithdrawForm())

    def show(self, *, form: Any, correction: Correction | None = None, status: int = 200) -> HttpResponse:
        if self.claim.withdrawn:
            correction = correct.words_of(self.claim)
        context = self.get_context_data(
            claim=self.claim,
            form=form,
            reviewing=correction is not None,
            posts=self.posts(correction),
            waiting=[v for v in outlets.waiting_with(self.claim.pk) if v.pk not in self._out],
            may_write=policy.can(self.request.user, policy.WRITE, self.claim),
        )
        return self.render_to_response(context, status=status)

    @cached_property
    def _out(self) -> set[int]:
        return {publication.variant_id for publication in self.publications}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        chosen = request.POST.getlist("publication")
        if self.claim.withdrawn:
            made = correct.prepare(self.claim, chosen, by=request.user)
            return self.done(made)
        form = WithdrawForm(request.POST)
        if not form.is_valid():
            return self.show(form=form, status=422)
        words = form.words()
        if request.POST.get("step") != "do":
            said = {name: words[name] for name in words if name != "source_url"}
            return self.show(form=form, correction=Correction(self.claim.text, **said))
        try:
            made = correct.withdraw(self.claim, by=request.user, publications=chosen, **words)
        except NotPossible as error:
            messages.error(request, str(error))
            return redirect(self.claim.url)
        return self.done(made)

    def done(self, made: list[Variant]) -> HttpResponse:
        self.claim.refresh_from_db()
        text = f"{self.claim.get_status_display()}. "
        if made:
            buttons = [
                messages.button(reverse("editorial:variant", args=[v.pk]), v.format_label) for v in made[:4]
            ]
            plural = "s are" if len(made) > 1 else " is"
            text += (
                f"{len(made)} correction{plural} prepared as draft: look at them, plan them, hand them in."
            )
            messages.success(self.request, text, buttons=buttons)
        else:
            messages.success(self.request, text + "No correction was prepared.")
        return redirect(self.claim.url)


app_name = "claim_corrections"
urlpatterns = [path("<int:pk>/withdraw/", WithdrawPage.as_view(), name="withdraw")]
