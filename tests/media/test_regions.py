"""Maps given as SVG: what is read of them, what is refused, and what is drawn from them."""

import json
from xml.etree import ElementTree

import pytest

from media import cards, maps, regions
from media.canvas import Canvas
from media.colour import contrast
from media.errors import BadMedia, RenderError
from media.render import render

pytestmark = pytest.mark.unit

SVG = """<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 300"><style>.a{fill:red}</style>
<g id="all" transform="translate(10,5) scale(2)">
<path id="north" d="M0 0H100V50H0Z"><title>North Bank</title></path>
<polygon id="old_town" points="0,50 100,50 100,100 0,100"/>
<g id="west"><title>Westfield</title><rect x="-100" y="0" width="100" height="60"/><circle cx="-50" cy="80" r="10"/></g>
</g><text id="words">Not a region</text></svg>"""


def parsed(text):
    return regions.from_json(regions.parse(text.encode()))


def test_regions_have_names_places_and_shapes():
    found = parsed(SVG)

    assert [(each.id, each.title, len(each.rings)) for each in found.regions] == [
        ("north", "North Bank", 1),
        ("old_town", "", 1),
        ("west", "Westfield", 2),
    ]
    assert (found.width, found.height) == (1000, 500)
    assert set(found.find("north bank").rings[0]) == {(500, 0), (500, 250), (1000, 0), (1000, 250)}


def test_shapes_of_one_title_are_one_region():
    """A mainland and its island, as programs for maps export them."""
    island = '<path id="p2" title="north  BANK" d="M0 0H10V10H0Z"/>'

    found = parsed(SVG.replace("</svg>", f"{island}</svg>"))

    assert [each.name for each in found.regions] == ["North Bank", "old_town", "Westfield"]
    assert len(found.find("North Bank").rings) == 2


@pytest.mark.parametrize(
    ("name", "id"), [("NORTH  bank", "north"), ("north", "north"), ("Old Town", "old_town")]
)
def test_rows_find_their_region_by_title_or_id(name, id):
    assert parsed(SVG).find(name).id == id
    assert parsed(SVG).find("Nowhere") is None


def square(at, **names):
    said = " ".join(f'{name.replace("_", "-", 1)}="{words}"' for name, words in names.items())
    return f'<path {said} d="M{at * 10} 0h9v9h-9z"/>'.replace("label=", "inkscape:label=")


WARDS = square(0, id="North") + square(1, id="South") + square(2, id="East")
LINES = square(3) + square(4)


def names_in(inside):
    spaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape"'
    return [each.name for each in parsed(f"<svg {spaces}>{inside}</svg>").regions]


@pytest.mark.parametrize(
    "inside",
    [
        f'<g id="Layer_2" data-name="Layer 2"><g id="Layer_1-2" data-name="Layer 1">{WARDS}</g></g>',
        f'<g id="Ebene_1" data-name="Ebene 1">{WARDS}{LINES}</g>',
        f'<g id="Layer_1" data-name="Layer 1">{WARDS}</g><g id="Layer_3" data-name="Layer 3">{LINES}</g>',
        f"<g><title>Layer 1</title>{WARDS}</g>",
        f'<g class="layer"><title>Town</title>{WARDS}</g>',
        f'<g inkscape:groupmode="layer" inkscape:label="Town" id="layer1">{WARDS}</g>',
        f'<g id="Wards_2024" data-name="Wards 2024">{WARDS}</g>',
        f"<g><title>Wards</title>{WARDS}</g>",
    ],
    ids=["illustrator", "german", "two layers", "svg-edit", "named", "inkscape", "named in illustrator", "one group"],
)  # fmt: skip
def test_layers_are_no_regions(inside):
    assert names_in(inside) == ["North", "South", "East"]


def test_regions_with_a_title_and_with_an_id_alone_stand_side_by_side():
    """Illustrator writes both where a name has a space."""
    end = square(3, id="North_End", data_name="North End")

    assert names_in(f'<g id="Layer_1" data-name="Layer 1">{end}{WARDS}</g>') == [
        "North End", "North", "South", "East"
    ]  # fmt: skip


def test_a_layer_that_holds_most_names_is_no_region_and_another_still_is():
    roads = f'<g id="Roads_2" data-name="Roads 2">{LINES}</g>'

    assert names_in(f'<g id="Wards_2024" data-name="Wards 2024">{WARDS}</g>{roads}') == [
        "North", "South", "East", "Roads 2"
    ]  # fmt: skip


def test_a_region_of_named_parts_is_one_region():
    parts = square(0, id="mainland") + square(1, id="island")
    others = f"<g><title>Eastfield</title>{square(2)}</g><g><title>Northfield</title>{square(3)}</g>"

    assert names_in(f"<g><title>Westfield</title>{parts}</g>{others}") == [
        "Westfield",
        "Eastfield",
        "Northfield",
    ]


@pytest.mark.parametrize("beside", [0, 1])
def test_a_titled_region_stays_one_however_much_of_the_map_it_is(beside):
    """England beside Wales; a map that is one group with a river of its own is still no region."""
    england = "".join(square(n, id=f"district-{chr(97 + n)}") for n in range(9))
    wales = f"<g><title>Wales</title>{square(20, id='gwynedd')}{square(21, id='powys')}</g>"
    river = square(30, id="Thames")
    titled = f"<g><title>England</title>{england}</g>"

    assert names_in(f"{titled}{wales}{river * beside}") == ["England", "Wales", *["Thames"] * beside]
    assert names_in(f"<g><title>Island</title>{titled}{wales}{river * beside}</g>")[:2] == [
        "England",
        "Wales",
    ]


def test_layers_that_somebody_named_are_regions_where_their_shapes_have_no_names():
    """In Inkscape, which gives every layer an id of its own besides."""

    def layer(n, label):
        shapes = square(2 * n, id=f"path{2 * n}") + square(2 * n + 1, id=f"path{2 * n + 1}")
        return f'<g inkscape:groupmode="layer" inkscape:label="{label}" id="layer{n}">{shapes}</g>'

    assert names_in(layer(1, "North") + layer(2, "South")) == ["North", "South"]
    assert names_in(layer(1, "Layer 1") + layer(2, "Port") + WARDS) == [
        "path2", "path3", "Port", "North", "South", "East"
    ]  # fmt: skip


def test_names_of_programs_are_names_where_there_are_no_others():
    layers = "".join(f'<g data-name="Layer {n}">{square(n)}</g>' for n in (1, 2))
    drawn = f'<g class="layer"><title>Layer 1</title>{square(1, id="svg_1")}{square(2, id="svg_2")}</g>'

    assert names_in(layers) == ["Layer 1", "Layer 2"]
    assert names_in(drawn) == ["svg_1", "svg_2"]


def test_inkscape_s_labels_are_titles():
    west = f'<g id="g7" label="West">{square(2, id="path3")}{square(3, id="path4")}</g>'
    inside = square(0, id="path1", label="North") + square(1, id="path2", label="South")

    assert names_in(inside + west.replace("label=", "inkscape:label=")) == ["North", "South", "West"]


def test_a_closed_polyline_is_a_shape_and_an_open_one_a_line():
    closed = '<polyline id="Hook" points="0,0 5,0 5,5 0.0,0"/><polyline id="River" points="0,0 5,0 5,5 0,9"/>'

    assert names_in(WARDS + closed) == ["North", "South", "East", "Hook"]


HIDDEN = {
    "by an attribute": square(9, id="Old", display="none"),
    "by its style": square(9, id="Old", style="fill:#fff; display: none"),
    "by its style and !important": square(9, id="Old", style="DISPLAY:none!important"),
    "not seen": square(9, id="Old", visibility="hidden"),
    "not seen by its style": square(9, id="Old", style="visibility:hidden;fill:red"),
    "in a hidden layer": f'<g id="Archive" style="display:none"><g>{square(8, id="Old")}{square(9, id="Older")}</g></g>',
    "in a hidden group with a title": f'<g display="none"><title>Old</title>{square(9)}</g>',
    "a river": '<path id="Rhine" fill="none" d="M0 0L50 20L30 60L10 90"/>',
    "a river by its style": '<path id="Rhine" style="fill:none;stroke:blue" d="M0 0C10 20 30 60 10 90"/>',
    "a river in a layer of rivers": '<g style="fill:none"><path id="Rhine" d="M0 0L50 20L30 60m5 5l9 9l9 0"/></g>',
}


@pytest.mark.parametrize("what", HIDDEN)
def test_what_is_hidden_and_lines_are_no_regions(what):
    assert names_in(WARDS + HIDDEN[what]) == ["North", "South", "East"]
    assert names_in(HIDDEN[what] + WARDS) == ["North", "South", "East"]


@pytest.mark.parametrize(
    "seen",
    [
        square(9, id="West", display="inline", style="visibility:visible"),
        '<path id="West" fill="none" d="M0 0L50 20L30 60L10 90Z"/>',
        '<path id="West" fill="none" d="M0 0L50 20L30 60L0 0M3 3L9 3"/>',
        '<path id="West" d="M0 0L50 20L30 60L10 90"/>',
        '<g fill="none"><path id="West" style="fill:red" d="M0 0L50 20L30 60L10 90"/></g>',
        '<g fill="none"><path id="West" d="M0 0L50 20L30 60zM100 0L150 20L130 60"/></g>',
        '<circle id="West" fill="none" r="4"/>',
    ],
)
def test_what_is_filled_or_closed_is_a_region(seen):
    found = {
        each.name: each
        for each in parsed(f'<svg xmlns="http://www.w3.org/2000/svg">{WARDS}{seen}</svg>').regions
    }

    assert len(found["West"].rings) == 1


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ("<script>alert(1)</script>", "“script”"),
        ("<foreignObject><body/></foreignObject>", "“foreignobject”"),
        ('<image href="https://x.example/a.png"/>', "“image”"),
        ('<path id="x" onload="alert(1)" d="M0 0H9V9Z"/>', "scripts or leads elsewhere"),
        ('<a href="https://x.example/"><path d="M0 0H9V9Z"/></a>', "scripts or leads elsewhere"),
        ('<path id="x" d="M0 0 L 1e99 5 L 3 3Z"/>', "outside any paper"),
        ('<path id="x" d="M0 0 L oops"/>', "cannot be read"),
        ("<g>" * 60 + "</g>" * 60, "too deeply"),
        ("<g/>" * 21_000, "too many parts|too deeply"),
    ],
    ids=["script", "foreign", "image", "handler", "link", "far", "broken", "deep", "many"],
)
def test_what_a_map_may_not_have(bad, message):
    with pytest.raises(BadMedia, match=message):
        regions.parse(SVG.replace("</svg>", f"{bad}</svg>").encode())


LAUGHS = '<!DOCTYPE s [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><svg xmlns="http://www.w3.org/2000/svg"><title>&b;</title></svg>'
OUTSIDE = '<!DOCTYPE s [<!ENTITY a SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg"><title>&a;</title></svg>'


@pytest.mark.parametrize(
    "text",
    [LAUGHS, OUTSIDE, "not xml", "<html/>", "", "\x89PNG", '<svg xmlns="http://www.w3.org/2000/svg"/>'],
)
def test_hostile_or_odd_files_are_refused_with_a_reason(tmp_path, text):
    path = tmp_path / "map.svg"
    path.write_bytes(text.encode("latin-1"))

    with pytest.raises(BadMedia, match=r"SVG|entities|regions"):
        regions.read(path)


def test_a_large_file_is_refused(tmp_path):
    path = tmp_path / "map.svg"
    path.write_bytes(b"<svg>" + b" " * (regions.MAX_BYTES + 10))

    with pytest.raises(BadMedia, match="at most 3 MB"):
        regions.read(path)


def test_points_nobody_sees_are_left_out():
    straight = [(float(x), 0.2 * (x % 2)) for x in range(100)] + [(99.0, 50.0), (0.0, 50.0)]

    assert len(regions.thinned(straight)) <= 6


@pytest.fixture
def chart(card, tmp_path):
    (tmp_path / "map.json").write_text(json.dumps(regions.parse(SVG.encode())))

    def make(rows, **options):
        size = options.pop("size", (1080, 1350))
        return card("figures", size=size, chart="map", headline="Most in the north", unit="kg", source="Council",
                    map={"path": str(tmp_path / "map.json"), "sha256": ""}, rows=rows, **options)  # fmt: skip

    return make


ROWS = [["North Bank", 42.5, "42.5", ""], ["old town", 8, "8", ""]]


@pytest.mark.parametrize("size", [(1080, 1350), (1080, 1080), (1080, 1920), (1600, 900)])
def test_larger_is_darker_and_without_a_figure_is_hatched(chart, tmp_path, size):
    image = cards.draw_card(chart(ROWS, size=size), tmp_path)
    full, paper = (11, 92, 99), (255, 255, 255)

    assert image.getcolors(1 << 20)
    seen = {colour: count for count, colour in image.getcolors(1 << 20)}
    assert seen[full] > 5_000
    light = [colour for colour, count in seen.items() if count > 5_000 and colour not in (full, paper)]
    assert any(contrast(full, colour) > 3 for colour in light)


def test_figures_stand_inside_their_region():
    square = [[(0, 0), (100, 0), (100, 100), (0, 100)]]
    hole = [*square, [(20, 20), (80, 20), (80, 80), (20, 80)]]

    x, y = maps.place(square, 40, 20)
    assert 45 < x < 55
    assert 45 < y < 55
    assert maps.place(hole, 40, 30) is None


@pytest.mark.parametrize("values", [[1, 2, 3, 4, 5, 6], [0, 1000], [-4, 3.5], [7], [0.001, 0.002, 0.0035]])
def test_classes_are_round_and_hold_every_figure(chart, values):
    steps = maps.classes(values, Canvas(chart(ROWS), None))

    assert steps[0].low <= min(values)
    assert steps[-1].high >= max(values)
    assert len(steps) <= maps.CLASSES + 1
    assert len({step.colour for step in steps}) == len(steps)


def test_rows_of_no_region_and_a_map_that_is_not_chosen(chart, tmp_path):
    with pytest.raises(RenderError, match="No row is named like a region"):
        cards.draw_card(chart([["Nowhere", 1, "1", ""]]), tmp_path)
    plan = chart(ROWS)
    del plan["text"]["map"]
    with pytest.raises(RenderError, match="no map yet"):
        cards.draw_card(plan, tmp_path)


def test_map_as_svg(chart, tmp_path):
    facts = render(chart(ROWS, format="svg"), root=tmp_path, out=tmp_path / "made.svg")

    words = "".join(e.text for e in ElementTree.parse(facts.file).iter("{http://www.w3.org/2000/svg}text"))
    assert "42.5" in words
    assert "no figure" in words
