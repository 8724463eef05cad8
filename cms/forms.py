"""Forms of pages, pictures and videos: what people type and upload, with answers they can act on."""

from __future__ import annotations

from wagtail.admin.forms import WagtailAdminPageForm

from formats.core import charting
from formats.core.piece import Figures, Row
from media.chart_kinds import KINDS

MOST_ROWS = 60  # of all but a map


class AddressedPageForm(WagtailAdminPageForm):
    """Leaves an empty address to the page, which finds one for any title (see AddressedPage)."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False


class InfographicForm(AddressedPageForm):
    """Says at the row or the field what a chart cannot show. Drafts are saved with gaps; only what is there is judged."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "region_map" in self.fields:
            place = self.parent_page or self.instance.get_parent()
            self.fields["region_map"].queryset = self.fields["region_map"].queryset.filter(
                campaign_id=place.pk
            )

    def clean(self):
        cleaned = super().clean()
        if "source" not in self.fields or not self.fields["source"].required:
            return cleaned  # a draft: its gaps are named when it shall go out
        self.formsets["rows"].is_valid()
        forms = [each for each in self.formsets["rows"].forms if _counts(each)]
        for problem in charting.problems(self._figures(cleaned, forms)):
            if problem.row is not None and problem.field in forms[problem.row].fields:
                forms[problem.row].add_error(problem.field, str(problem))
            else:
                name = {"map": "region_map"}.get(problem.field, problem.field)
                self.add_error(name if name in self.fields else "chart", str(problem))
        most = KINDS["map"].most if cleaned.get("chart") == "map" else MOST_ROWS
        if len(forms) > most:
            self.add_error(
                "chart", f"At most {most} figures can be shown so; these are {len(forms)}. Remove some."
            )
        if cleaned.get("chart") != "timeline":
            for form in forms:
                if form.cleaned_data.get("value") is None and not form.errors.get("value"):
                    form.add_error("value", "Enter a number.")
        return cleaned

    @staticmethod
    def _figures(cleaned, forms) -> Figures:
        rows, chosen = [], cleaned.get("region_map")
        for form in forms:
            data = form.cleaned_data
            value = data.get("value")
            rows.append(
                Row(
                    data.get("label") or "",
                    float("nan") if value is None else float(value),
                    on=data.get("on") or "",
                )
            )
        return Figures(
            "figures",
            title="",
            unit=cleaned.get("unit") or "",
            source="",
            rows=tuple(rows),
            chart=cleaned.get("chart") or "bar",
            per_icon=float(cleaned.get("per_icon") or 0),
            map=chosen.to_ref() if chosen else None,
            regions=tuple(chosen.regions) if chosen else (),
        )


def _counts(form) -> bool:
    data = getattr(form, "cleaned_data", None)
    return bool(data) and not data.get("DELETE") and bool(data.get("label"))
