"""The five pictures of the sample campaign."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageFilter

from media.colour import RGB, mix, rgb
from media.sample.scene import HAIRS, LIME, ORANGE, SKINS, Scene

SIZE = (2400, 1600)


def _river(
    s: Scene, horizon: float, light: RGB, deep: RGB, mouth: tuple[float, float], sway: float = 0.1
) -> list:
    """A river winding from the horizon to the lower edge."""
    left, right = [], []
    for i in range(61):
        t = i / 60
        y = horizon + (s.height - horizon) * t
        middle = s.width * (mouth[0] + (mouth[1] - mouth[0]) * t + sway * math.sin(t * 5.2) * (1 - t * 0.4))
        half = s.width * (0.012 + 0.40 * t**1.55)
        left.append((middle - half, y))
        right.append((middle + half, y))
    shape = [*left, *reversed(right)]
    s.gradient(light, deep, horizon, s.height, shape)
    return shape


def river_morning(size: tuple[int, int] = SIZE) -> Image.Image:
    s = Scene(size, 7)
    w, h = size
    s.gradient(rgb("#6fb7d6"), rgb("#fde3b4"), 0, h * 0.5)
    s.sun(w * 0.68, h * 0.27, w * 0.034, rgb("#fff6dc"), rgb("#ffeec2"))
    for x, y, width in ((0.16, 0.13, 0.17), (0.42, 0.08, 0.12), (0.88, 0.16, 0.15)):
        s.cloud(w * x, h * y, w * width, rgb("#f7f3e8"))
    s.hills(h * 0.47, h * 0.2, rgb("#8fb4bd"), rgb("#d9dcc2"), h * 0.56)
    s.hills(h * 0.5, h * 0.13, rgb("#5f9a8c"), rgb("#b5cfa4"), h * 0.6)
    ridge = s.hills(h * 0.53, h * 0.07, rgb("#3f7f63"), rgb("#86b168"), h)
    s.gradient(rgb("#7fb069"), rgb("#3d7a4b"), h * 0.55, h, [(0, h * 0.55), (w, h * 0.55), (w, h), (0, h)])
    for x, y in ridge[::9]:
        if s.random.random() < 0.8:
            s.poplar(
                x,
                y + h * 0.045,
                h * s.random.uniform(0.05, 0.1),
                mix(rgb("#33694f"), rgb("#6a9a58"), s.random.random()),
            )
    water = _river(s, h * 0.56, rgb("#f4dcae"), rgb("#2c7f95"), (0.60, 0.46))
    s.glints((0, h * 0.58, w, h), rgb("#fff7dd"), 420, inside=water)
    for x, foot, tall in (
        (0.06, 0.83, 0.5),
        (0.2, 0.7, 0.26),
        (0.94, 0.86, 0.56),
        (0.83, 0.69, 0.24),
        (0.3, 0.645, 0.14),
        (0.76, 0.635, 0.13),
    ):
        s.tree(
            w * x, h * foot, h * tall, mix(rgb("#2f7a4f"), rgb("#7fae4e"), s.random.random()), rgb("#5b4636")
        )
    s.birds(w * 0.34, h * 0.24, w * 0.012, 7, rgb("#47606b"))
    for x in (0.03, 0.12, 0.17, 0.86, 0.93, 0.99):
        s.reeds(w * x, h * 1.01, h * 0.22, rgb("#4f8a3d"), 16)
    return s.done()


def volunteers(size: tuple[int, int] = SIZE, *, empty: bool = False) -> Image.Image:
    s = Scene(size, 21)
    w, h = size
    s.gradient(rgb("#9fd3e6"), rgb("#eaf4ea"), 0, h * 0.45)
    for x, y, width in ((0.2, 0.12, 0.16), (0.63, 0.09, 0.13), (0.9, 0.2, 0.12)):
        s.cloud(w * x, h * y, w * width, rgb("#ffffff"))
    s.hills(h * 0.42, h * 0.17, rgb("#7fb5a0"), rgb("#c6dfb8"), h * 0.5)
    line = s.hills(h * 0.45, h * 0.08, rgb("#4a9068"), rgb("#8dbf72"), h * 0.55)
    for x, y in line[::7]:
        s.tree(
            x,
            y + h * 0.04,
            h * s.random.uniform(0.07, 0.13),
            mix(rgb("#2f7a4f"), rgb("#86b04e"), s.random.random()),
            rgb("#5b4636"),
        )
    s.gradient(rgb("#a9dce2"), rgb("#2f8aa3"), h * 0.48, h * 0.82)
    s.glints((0, h * 0.5, w, h * 0.72), rgb("#f2ffff"), 170)

    def bank(x: float) -> float:
        return h * (0.735 - 0.035 * math.sin(x / w * 4.1 + 0.6) - 0.012 * math.sin(x / w * 13))

    edge = [(x, bank(x)) for x in range(0, w + 20, 20)]
    s.polygon([(x, y - h * 0.012) for x, y in edge] + [(w, h), (0, h)], rgb("#d9c48e"))
    s.gradient(rgb("#86bb55"), rgb("#3f7f3c"), h * 0.69, h, [*edge, (w, h), (0, h)])
    s.grass(lambda x: bank(x) + h * 0.012, rgb("#5f9f45"), h * 0.022, w / 260)
    people = [
        (0.17, 0.86, 0.37, ORANGE, "carry", False),
        (0.31, 0.80, 0.30, LIME, "pick", True),
        (0.47, 0.885, 0.42, LIME, "pick", False),
        (0.655, 0.815, 0.33, ORANGE, "stand", True),
        (0.795, 0.905, 0.43, ORANGE, "wave", True),
        (0.92, 0.80, 0.29, LIME, "carry", True),
    ]
    trousers = [rgb(c) for c in ("#34495e", "#4a5a3c", "#27374a", "#5b4a43")]
    for i, (x, foot, tall, vest, pose, flip) in (
        [] if empty else sorted(enumerate(people), key=lambda p: p[1][1])
    ):
        s.ellipse(w * x, h * foot, h * tall * 0.2, h * 0.012, rgb("#37702f"))
        s.person(
            w * x,
            h * foot,
            h * tall,
            vest=vest,
            trousers=trousers[i % 4],
            skin=SKINS[i % 5],
            hair=HAIRS[i % 6],
            pose=pose,
            flip=flip,
            sleeves=mix(rgb("#2c5d7c"), rgb("#8a3b46"), (i * 0.37) % 1),
        )
    bags = ((0.56, 0.93, 0.13), (0.61, 0.95, 0.15), (0.045, 0.92, 0.12), (0.08, 0.95, 0.15))
    for x, foot, size_ in bags:
        s.ellipse(w * x, h * foot, h * size_ * 0.45, h * 0.012, rgb("#37702f"))
    for x, foot, size_ in bags:
        s.bag(w * x, h * foot, h * size_, rgb("#2f5fa8"))
    s.grass(lambda x: h * 1.01, rgb("#4f8f3a"), h * 0.05, w / 150)
    return s.done()


def bridge_evening(size: tuple[int, int] = SIZE, *, empty: bool = False) -> Image.Image:
    s = Scene(size, 33)
    w, h = size
    s.gradient(rgb("#2b3f6b"), rgb("#f39a6b"), 0, h * 0.56)
    s.glow(w * 0.32, h * 0.5, w * 0.42, rgb("#ffd9a0"), 0.8)
    s.sun(w * 0.32, h * 0.47, w * 0.04, rgb("#fff0c4"), rgb("#ffce8a"))
    for x, y, width in ((0.12, 0.2, 0.2), (0.66, 0.15, 0.24), (0.9, 0.27, 0.16)):
        s.cloud(w * x, h * y, w * width, mix(rgb("#e98f78"), rgb("#4b5684"), y * 1.6))
    s.hills(h * 0.56, h * 0.16, rgb("#6c5f86"), rgb("#c98378"), h * 0.62)
    _town(s, h * 0.585)
    water = h * 0.6
    s.gradient(rgb("#f2a878"), rgb("#22375c"), water, h)
    for i in range(26):  # the sun's path on the water
        y = water + (h - water) * (i / 26) ** 1.2 + h * 0.008
        s.ellipse(
            w * (0.32 + s.random.uniform(-0.02, 0.02)),
            y,
            w * (0.03 + 0.06 * i / 26) * s.random.uniform(0.5, 1.1),
            h * 0.0035 * (1 + i / 8),
            rgb("#ffe3b0"),
        )
    s.glints((0, water, w, h), rgb("#ffc79a"), 120)
    stone, shade = rgb("#4d4660"), rgb("#352f4a")
    deck = h * 0.50
    arches = [(0.48, 0.10), (0.70, 0.12), (0.93, 0.10)]
    profile = [(w * 0.36, h * 0.60), (w * 0.38, deck + h * 0.03)]
    profile += [
        (w * (0.38 + 0.62 * t / 20), deck - h * 0.045 * math.sin(math.pi * t / 22)) for t in range(21)
    ]
    body = [*profile, (w, h * 0.67), (w * 0.36, h * 0.67)]
    s.polygon(body, stone)
    for centre, half in arches:
        for grow, colour in ((1.13, shade), (1.0, None)):
            top = h * 0.545 - h * 0.01 * grow
            arch = [(w * (centre - half * 0.82 * grow), h * 0.672)]
            arch += [
                (
                    w * (centre - half * 0.82 * grow * math.cos(math.pi * t / 24)),
                    h * 0.64 - (h * 0.64 - top) * grow * math.sin(math.pi * t / 24),
                )
                for t in range(25)
            ]
            arch.append((w * (centre + half * 0.82 * grow), h * 0.672))
            if colour:
                s.polygon(arch, colour)
            else:
                s.gradient(rgb("#d98f76"), rgb("#c17c70"), h * 0.5, h * 0.68, arch)
    s.polygon(
        [(x, y - h * 0.016) for x, y in profile[1:]] + [(x, y + h * 0.008) for x, y in reversed(profile[1:])],
        shade,
    )
    for x in (0.46, 0.58, 0.70, 0.82, 0.94):
        y = deck - h * 0.045 * math.sin(math.pi * (x - 0.38) / 0.682)
        s.stroke([(w * x, y), (w * x, y - h * 0.085)], rgb("#2a2540"), h * 0.006)
        s.glow(w * x, y - h * 0.09, h * 0.075, rgb("#ffe6ae"), 0.85)
        s.ellipse(w * x, y - h * 0.09, h * 0.011, h * 0.013, rgb("#fff3cf"))
    if not empty:
        boat(s, w * 0.2, h * 0.77, w)
    for x in (0.02, 0.08, 0.5, 0.93, 0.99):
        s.reeds(w * x, h * 1.02, h * 0.2, rgb("#26324a"), 14)
    return s.done()


def boat(s: Scene, boat_x: float, boat_y: float, w: float) -> None:
    """A rowing boat with two helpers; ``w`` is the width of the scene it belongs to."""
    h = w * 2 / 3
    s.ellipse(boat_x, boat_y + h * 0.015, w * 0.085, h * 0.012, rgb("#2a3a5e"))
    s.polygon(
        [
            (boat_x - w * 0.085, boat_y - h * 0.035),
            (boat_x + w * 0.09, boat_y - h * 0.04),
            (boat_x + w * 0.06, boat_y + h * 0.016),
            (boat_x - w * 0.055, boat_y + h * 0.016),
        ],
        rgb("#7c3b35"),
    )
    s.polygon(
        [
            (boat_x - w * 0.085, boat_y - h * 0.035),
            (boat_x + w * 0.09, boat_y - h * 0.04),
            (boat_x + w * 0.085, boat_y - h * 0.026),
            (boat_x - w * 0.08, boat_y - h * 0.022),
        ],
        rgb("#a2574a"),
    )
    for x, vest, flip in ((-0.03, ORANGE, False), (0.035, LIME, True)):
        s.person(
            boat_x + w * x,
            boat_y + h * 0.01,
            h * 0.19,
            vest=mix(vest, rgb("#5a4060"), 0.2),
            trousers=rgb("#2d2b44"),
            skin=SKINS[1],
            hair=HAIRS[1],
            pose="pick" if not flip else "stand",
            flip=flip,
        )
    s.polygon(
        [
            (boat_x - w * 0.08, boat_y - h * 0.02),
            (boat_x + w * 0.085, boat_y - h * 0.024),
            (boat_x + w * 0.06, boat_y + h * 0.016),
            (boat_x - w * 0.055, boat_y + h * 0.016),
        ],
        rgb("#7c3b35"),
    )


def _town(s: Scene, foot: float) -> None:
    """Roofs and a church tower in the distance."""
    w, h = s.width, s.height
    x = 0.0
    while x < w:
        wide, tall = s.random.uniform(0.03, 0.055) * w, s.random.uniform(0.035, 0.075) * h
        wall = mix(rgb("#584f74"), rgb("#8d6577"), s.random.random())
        s.box(x, foot - tall, x + wide, foot + h * 0.03, wall)
        roof = mix(wall, rgb("#2f2a48"), 0.45)
        s.polygon(
            [
                (x - w * 0.003, foot - tall),
                (x + wide / 2, foot - tall - h * 0.03),
                (x + wide + w * 0.003, foot - tall),
            ],
            roof,
        )
        for k in range(2):
            if s.random.random() < 0.75:
                left = x + wide * (0.2 + 0.38 * k)
                s.box(left, foot - tall * 0.72, left + wide * 0.17, foot - tall * 0.38, rgb("#ffd98f"), 1)
        x += wide * s.random.uniform(1.0, 1.25)
    tower = w * 0.16
    s.box(tower, foot - h * 0.15, tower + w * 0.026, foot, rgb("#4b4468"))
    s.polygon(
        [
            (tower - w * 0.003, foot - h * 0.15),
            (tower + w * 0.013, foot - h * 0.25),
            (tower + w * 0.029, foot - h * 0.15),
        ],
        rgb("#37314f"),
    )


def wetland(size: tuple[int, int] = SIZE) -> Image.Image:
    s = Scene(size, 52)
    w, h = size
    s.gradient(rgb("#bfe0da"), rgb("#fbf0d0"), 0, h * 0.5)
    s.glow(w * 0.25, h * 0.2, w * 0.4, rgb("#fff8dc"), 0.8)
    s.hills(h * 0.44, h * 0.14, rgb("#9cc7b4"), rgb("#dfe9c8"), h * 0.52)
    line = s.hills(h * 0.47, h * 0.05, rgb("#5d9c7b"), rgb("#a7cb8d"), h * 0.56)
    for x, y in line[::6]:
        s.poplar(
            x,
            y + h * 0.05,
            h * s.random.uniform(0.07, 0.14),
            mix(rgb("#3c7b58"), rgb("#7aa85c"), s.random.random()),
        )
    s.gradient(rgb("#e8efd2"), rgb("#3f94a0"), h * 0.51, h)
    for _ in range(30):
        y = h * s.random.uniform(0.54, 0.62)
        s.ellipse(
            s.random.uniform(0, w),
            y,
            w * s.random.uniform(0.02, 0.06),
            h * 0.006,
            mix(rgb("#5d9c7b"), rgb("#cfe3c2"), s.random.random()),
        )
    s.glints((0, h * 0.55, w, h), rgb("#ffffff"), 130)
    for x, y, r in (
        (0.2, 0.82, 0.05),
        (0.27, 0.86, 0.035),
        (0.83, 0.78, 0.04),
        (0.74, 0.9, 0.055),
        (0.12, 0.9, 0.04),
    ):
        s.ellipse(w * x, h * y, w * r, w * r * 0.3, rgb("#4f9a5b"))
        s.polygon(
            [(w * x, h * y), (w * (x + r), h * y - w * r * 0.12), (w * (x + r), h * y + w * r * 0.14)],
            rgb("#4a9aa2"),
        )
        s.ellipse(w * (x - r * 0.2), h * y - w * r * 0.16, w * r * 0.22, w * r * 0.16, rgb("#f7d3e0"))
        s.ellipse(w * (x - r * 0.2), h * y - w * r * 0.2, w * r * 0.1, w * r * 0.08, rgb("#fff1f4"))
    s.ellipse(w * 0.6, h * 0.872, w * 0.06, h * 0.01, rgb("#3a8590"))
    s.heron(w * 0.6, h * 0.875, h * 0.4, rgb("#b9c7d3"))
    for x, tall in (
        (0.02, 0.4),
        (0.08, 0.32),
        (0.16, 0.26),
        (0.88, 0.3),
        (0.94, 0.42),
        (0.99, 0.36),
        (0.42, 0.14),
        (0.36, 0.12),
    ):
        s.reeds(w * x, h * 1.01, h * tall, rgb("#5a9440"), 18)
    s.birds(w * 0.75, h * 0.2, w * 0.012, 9, rgb("#5b7480"))
    return s.done()


def collected(size: tuple[int, int] = SIZE) -> Image.Image:
    """What was pulled out of the water: bags, a tyre, a bicycle wheel, on a jetty."""
    s = Scene(size, 64)
    w, h = size
    s.gradient(rgb("#8fd0dc"), rgb("#2f8ca2"), 0, h * 0.62)
    for _ in range(90):
        y = h * 0.62 * s.random.random()
        s.ellipse(
            s.random.uniform(0, w),
            y,
            w * s.random.uniform(0.02, 0.07),
            h * (0.003 + 0.004 * y / h),
            mix(rgb("#bfeaf0"), rgb("#3b97ab"), s.random.random()),
        )
    planks = 9
    for i in range(planks):
        y0, y1 = h * (0.56 + 0.44 * (i / planks) ** 1.25), h * (0.56 + 0.44 * ((i + 1) / planks) ** 1.25)
        wood = mix(rgb("#c79a63"), rgb("#a87a48"), s.random.random())
        s.box(-10, y0, w + 10, y1 - h * 0.006, wood)
        s.box(-10, y1 - h * 0.012, w + 10, y1, mix(wood, rgb("#4a3018"), 0.5))
        for _ in range(5):
            x = s.random.uniform(0, w)
            s.ellipse(
                x,
                (y0 + y1) / 2 + s.random.uniform(-0.2, 0.2) * (y1 - y0),
                w * s.random.uniform(0.03, 0.09),
                h * 0.0022,
                mix(wood, rgb("#6b4726"), 0.45),
            )

    def tyre(x: float, y: float, r: float) -> None:
        s.ellipse(x, y + r * 0.98, r * 1.05, r * 0.12, rgb("#7a5733"))
        s.ellipse(x, y, r, r, rgb("#2b2f33"))
        for k in range(28):
            a = k / 28 * 2 * math.pi
            s.stroke(
                [
                    (x + r * 0.9 * math.cos(a), y + r * 0.9 * math.sin(a)),
                    (x + r * 0.99 * math.cos(a + 0.06), y + r * 0.99 * math.sin(a + 0.06)),
                ],
                rgb("#474d52"),
                r * 0.05,
            )
        s.ellipse(x, y, r * 0.58, r * 0.58, rgb("#3c4247"))
        s.ellipse(x, y, r * 0.5, r * 0.5, rgb("#b98a56"))

    def wheel(x: float, y: float, r: float) -> None:
        s.ellipse(x, y, r, r, rgb("#3a3f45"))
        s.ellipse(x, y, r * 0.93, r * 0.93, rgb("#a9b1b6"))
        s.ellipse(x, y, r * 0.88, r * 0.88, rgb("#4aa2b4"))
        for k in range(18):
            a = k / 18 * 2 * math.pi
            s.stroke(
                [(x, y), (x + r * 0.9 * math.cos(a), y + r * 0.9 * math.sin(a))], rgb("#cfd5d8"), r * 0.014
            )
        s.ellipse(x, y, r * 0.07, r * 0.07, rgb("#5b6268"))

    wheel(w * 0.79, h * 0.47, h * 0.25)
    for x, foot, size_, colour in (
        (0.1, 0.78, 0.34, "#2f5fa8"),
        (0.63, 0.78, 0.3, "#27508f"),
        (0.24, 0.86, 0.4, "#3569b8"),
        (0.51, 0.84, 0.36, "#2f5fa8"),
        (0.92, 0.84, 0.36, "#3569b8"),
    ):
        s.ellipse(w * x, h * foot, h * size_ * 0.42, h * 0.02, rgb("#7a5733"))
        s.bag(w * x, h * foot, h * size_, rgb(colour))
    tyre(w * 0.385, h * 0.79, h * 0.15)
    for x, y, colour in ((0.70, 0.93, "#5fbf7f"), (0.15, 0.955, "#e7e2d0"), (0.58, 0.96, "#d95f4b")):
        s.ellipse(w * x, h * (y + 0.022), w * 0.055, h * 0.008, rgb("#7a5733"))
        s.box(w * (x - 0.045), h * (y - 0.02), w * (x + 0.03), h * (y + 0.022), rgb(colour), h * 0.016)
        s.box(
            w * (x + 0.03),
            h * (y - 0.009),
            w * (x + 0.052),
            h * (y + 0.011),
            mix(rgb(colour), rgb("#ffffff"), 0.4),
            h * 0.004,
        )
        s.box(
            w * (x - 0.02),
            h * (y - 0.02),
            w * (x + 0.005),
            h * (y + 0.022),
            mix(rgb(colour), rgb("#ffffff"), 0.5),
        )
    return s.done()


PICTURES: dict[str, Callable[..., Image.Image]] = {
    "river-morning": river_morning,
    "volunteers": volunteers,
    "bridge-evening": bridge_evening,
    "wetland": wetland,
    "collected": collected,
}


def make_pictures(folder: Path) -> dict[str, Path]:
    """Draw the pictures as JPEG files (2400 × 1600) into ``folder``. Returns their paths by name."""
    folder.mkdir(parents=True, exist_ok=True)
    made = {}
    for name, paint in PICTURES.items():
        path = folder / f"{name}.jpg"
        paint().filter(ImageFilter.UnsharpMask(1.2, 40, 2)).save(path, quality=88, optimize=True)
        made[name] = path
    return made
