"""Stories in the editor: drafts with gaps are kept, publishing says what is missing."""

import html

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse
from wagtail.test.utils.form_data import nested_form_data, streamfield

from cms.models import StoryPage

pytestmark = pytest.mark.db


@pytest.fixture
def editor(client, db):
    client.force_login(get_user_model().objects.create_superuser("ada", password="secret"))
    return client


def fill(body=(), **fields):
    data = {"title": "", "slug": "", "lead": "", "language": "en", "hashtags": "", "link": "", **fields}
    return nested_form_data(
        {
            **data,
            "body": streamfield(body),
            "claims": streamfield([]),
            "comments": {
                "TOTAL_FORMS": 0,
                "INITIAL_FORMS": 0,
                "MIN_NUM_FORMS": 0,
                "MAX_NUM_FORMS": "",
            },
        }
    )


def create(editor, campaign, data, **more):
    return editor.post(
        reverse("wagtailadmin_pages:add", args=["cms", "storypage", campaign.pk]), {**data, **more}
    )


def test_what_no_label_reaches_has_a_name_of_its_own(editor, campaign):
    """The editor of running text is no form field, and Wagtail draws no label for the items of a list."""
    page = editor.get(reverse("wagtailadmin_pages:add", args=["cms", "storypage", campaign.pk]))
    body = html.unescape(page.content.decode())

    assert '"ariaLabel": "Text"' in body
    assert 'aria-label=\\"Key point\\"' in body


@pytest.mark.parametrize("title", ["Only a headline", "🎉🎉", "تنظيف النهر"])
def test_story_with_only_a_headline_is_kept_as_draft(editor, campaign, title):
    none = {"claims": streamfield([])}
    empty = [
        ("quote", {"text": "", "speaker": "", "role": "", **none}),
        ("picture", {"image": "", "alt": "", "caption": ""}),
        ("statistic", {"value": "", "unit": "", "label": "", "source": "", "source_url": "", **none}),
        ("video", {"video": "", "title": "", "alt": ""}),
    ]

    response = create(editor, campaign, fill(body=empty, title=title))

    page = StoryPage.objects.get()
    assert response.status_code == 302
    assert (page.title, page.live) == (title, False)
    assert page.slug
    assert page.get_latest_revision_as_object().to_piece().blocks == ()


@pytest.mark.parametrize(
    "block",
    [
        ("paragraph", {"text": '{"blocks": [], "entityMap": {}}', "claims": streamfield([("item", "")])}),
        ("key_points", {"points": streamfield([("item", "")]), "claims": streamfield([])}),
        (
            "statistic",
            {
                "value": "200",
                "unit": "",
                "label": "",
                "source": "",
                "source_url": "",
                "claims": streamfield([("item", "")]),
            },
        ),
    ],
    ids=lambda block: block[0],
)
def test_a_draft_may_have_a_claim_that_nobody_has_chosen_yet(editor, campaign, block):
    url = reverse("wagtailadmin_pages:add", args=["cms", "storypage", campaign.pk])
    data = fill(body=[block], title="Half a claim")

    response = editor.post(url, data, headers={"Accept": "application/json"})  # as autosave sends it

    assert response.status_code == 200, response.content
    assert StoryPage.objects.get().get_latest_revision_as_object().to_piece().claims == ()


def test_publishing_names_what_is_missing(editor, campaign):
    body = [("picture", {"image": "", "alt": "", "caption": ""})]

    response = create(editor, campaign, fill(body=body, title="Half a story"), **{"action-publish": "1"})

    assert response.status_code == 200
    assert StoryPage.objects.filter(live=True).count() == 0
    form = response.context["form"]
    assert "lead" in form.errors
    assert "body" in form.errors


def test_bad_hashtag_says_what_to_do(editor, campaign):
    response = create(editor, campaign, fill(title="Story", hashtags="#clean-up"))

    assert "Use letters, digits and _ only" in response.content.decode()


def test_preview_of_a_story_with_gaps(editor, make_story):
    page = make_story(lead="", live=False)

    response = editor.get(reverse("wagtailadmin_pages:view_draft", args=[page.pk]))

    assert response.status_code == 200
    assert page.title in response.content.decode()


def test_every_block_has_its_preview(editor, campaign):
    from cms.blocks import StoryBlocks

    for name, block in StoryBlocks().child_blocks.items():
        assert block.is_previewable, name
        assert block.meta.icon != "placeholder", name
        assert block.get_description(), name
    definitions = StoryPage._meta.get_field("body").stream_block.child_blocks.values()
    for block in definitions:
        response = editor.get(reverse("wagtailadmin_block_preview"), {"id": block.definition_prefix})
        assert response.status_code == 200, block.name
        assert "cms/site.css" in response.content.decode()


def infographic(chart, rows, **fields):
    listed = [
        {"label": label, "value": value, "on": on, "claim": "", "ORDER": n}
        for n, (label, value, on) in enumerate(rows)
    ]
    forms = {"TOTAL_FORMS": len(rows), "INITIAL_FORMS": 0, "MIN_NUM_FORMS": 2, "MAX_NUM_FORMS": 24}
    data = {
        "title": "T", "slug": "t", "intro": "I.", "unit": "", "chart": chart, "icon": "person", "per_icon": "",
        "source": "Council", "source_url": "", "language": "en", "hashtags": "", "link": "", **fields,
    }  # fmt: skip
    none = {"TOTAL_FORMS": 0, "INITIAL_FORMS": 0, "MIN_NUM_FORMS": 0, "MAX_NUM_FORMS": ""}
    rows_data = {**forms, **{str(n): row for n, row in enumerate(listed)}}
    return nested_form_data({**data, "claims": streamfield([]), "comments": none, "rows": rows_data})


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (infographic("share", [("a", "80", ""), ("b", "40", "")], unit="%"), "add up to 120 %"),
        (infographic("timeline", [("a", "", "2024"), ("b", "", "May")]), "“May” is not a date"),
        (infographic("bar", [("a", "1", ""), ("b", "", "")]), "Enter a number."),
        (infographic("pictogram", [("a", "900", ""), ("b", "4", "")], per_icon="1"), "would need 900 icons"),
        (
            infographic("line", [(f"Row {n}", "1", "") for n in range(61)]),
            "At most 60 figures can be shown so",
        ),
    ],
)
def test_chart_that_cannot_be_drawn_is_not_published(editor, campaign, data, message):
    address = reverse("wagtailadmin_pages:add", args=["cms", "infographicpage", campaign.pk])

    response = editor.post(address, {**data, "action-publish": "1"})

    assert response.status_code == 200
    assert message in response.content.decode()


def test_timeline_is_published_and_kept(editor, campaign):
    from cms.models import InfographicPage

    address = reverse("wagtailadmin_pages:add", args=["cms", "infographicpage", campaign.pk])
    data = infographic("timeline", [("Vote", "", "2024-03"), ("Opening", "", "2026")])

    editor.post(address, {**data, "action-publish": "1"})

    (figures,) = InfographicPage.objects.get(live=True).to_piece().blocks
    assert [(row.label, row.on) for row in figures.rows] == [("Vote", "2024-03"), ("Opening", "2026")]


def test_a_map_may_have_more_regions_than_other_charts_have_rows(editor, campaign):
    from cms.models import InfographicPage, RegionMap

    names = [f"Département {n}" for n in range(96)]
    region_map = RegionMap.objects.create(campaign=campaign, name="France", sha256="x", regions=names)
    address = reverse("wagtailadmin_pages:add", args=["cms", "infographicpage", campaign.pk])
    data = infographic("map", [(name, "1", "") for name in names], region_map=region_map.pk)

    editor.post(address, {**data, "action-publish": "1"})

    assert InfographicPage.objects.get(live=True).rows.count() == 96


def test_figures_are_shown_as_people_write_them(editor, campaign):
    from cms.models import InfographicPage, InfographicRow

    page = InfographicPage(title="Plastic leads", intro="What was found.", unit="kg", source="Council")
    page.rows = [InfographicRow(label=str(value), value=value) for value in ("3.6000", "12000", "-0.0042")]
    campaign.add_child(instance=page)

    body = editor.get(reverse("wagtailadmin_pages:edit", args=[page.pk])).content.decode()

    assert all(
        f'name="rows-{n}-value" value="{shown}"' in body
        for n, shown in enumerate(("3.6", "12000", "-0.0042"))
    )
