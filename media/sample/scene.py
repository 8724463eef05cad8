"""The painter: hills, water, trees, houses and people, drawn large and reduced for smooth edges."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from PIL import Image, ImageChops, ImageDraw

from media.colour import RGB, mix, rgb

OVER = 2  # everything is drawn this much larger and then reduced: smooth edges


class Scene:
    """A landscape while it is painted. Coordinates are pixels of the finished picture, however large the canvas."""

    def __init__(self, size: tuple[int, int], seed: int, over: int = OVER) -> None:
        self.width, self.height = size
        self.over = over
        self.random = random.Random(seed)  # noqa: S311 - a drawing, not a secret
        self.image = Image.new("RGB", (self.width * over, self.height * over))
        self.pen = ImageDraw.Draw(self.image)

    def done(self) -> Image.Image:
        return self.image.reduce(self.over) if self.over > 1 else self.image

    def _scaled(self, points: list[tuple[float, float]]) -> list[tuple[float, float]]:
        return [(x * self.over, y * self.over) for x, y in points]

    def polygon(self, points: list[tuple[float, float]], colour: RGB) -> None:
        self.pen.polygon(self._scaled(points), fill=colour)

    def ellipse(self, x: float, y: float, rx: float, ry: float, colour: RGB) -> None:
        o = self.over
        self.pen.ellipse(((x - rx) * o, (y - ry) * o, (x + rx) * o, (y + ry) * o), fill=colour)

    def box(
        self, left: float, top: float, right: float, bottom: float, colour: RGB, radius: float = 0
    ) -> None:
        o = self.over
        self.pen.rounded_rectangle((left * o, top * o, right * o, bottom * o), radius * o, fill=colour)

    def stroke(self, points: list[tuple[float, float]], colour: RGB, width: float) -> None:
        self.pen.line(
            self._scaled(points), fill=colour, width=max(1, round(width * self.over)), joint="curve"
        )
        for x, y in (points[0], points[-1]):
            self.ellipse(x, y, width / 2, width / 2, colour)

    def gradient(
        self,
        top: RGB,
        bottom: RGB,
        y0: float = 0,
        y1: float | None = None,
        inside: list[tuple[float, float]] | None = None,
    ) -> None:
        """From one colour to another downwards, over the whole width or inside a polygon."""
        o, y1 = self.over, self.height if y1 is None else y1
        size = (self.image.width, max(1, round((y1 - y0) * o)))
        ramp = Image.linear_gradient("L").resize(size)
        fill = Image.composite(Image.new("RGB", size, bottom), Image.new("RGB", size, top), ramp)
        mask = None
        if inside:
            mask = Image.new("L", size)
            ImageDraw.Draw(mask).polygon([(x * o, (y - y0) * o) for x, y in inside], fill=255)
        self.image.paste(fill, (0, round(y0 * o)), mask)

    def glow(self, x: float, y: float, radius: float, colour: RGB, strength: float) -> None:
        o = self.over
        light = ImageChops.invert(Image.radial_gradient("L")).resize((round(radius * 2 * o),) * 2)
        light = light.point([max(0, round((v - 75) / 180 * 255 * strength)) for v in range(256)])
        self.image.paste(colour, (round((x - radius) * o), round((y - radius) * o)), light)

    def ridge(self, base: float, height: float, roughness: float = 1.0) -> list[tuple[float, float]]:
        """The line of a range of hills, from left to right."""
        waves = [
            (
                self.random.uniform(0.6, 1.4) * k,
                self.random.uniform(0, 6.3),
                height / k**1.25 * roughness ** (k > 3),
            )
            for k in (1, 2, 3, 5, 9, 17)
        ]
        step = max(2, self.width // 240)
        line = []
        for x in range(0, self.width + step, step):
            at = x / self.width * 2 * math.pi
            line.append(
                (float(x), base - sum(a * (0.5 + 0.5 * math.sin(f * at + p)) for f, p, a in waves) * 0.5)
            )
        return line

    def hills(self, base: float, height: float, top: RGB, bottom: RGB, foot: float | None = None) -> list:
        """A range of hills, lighter towards its foot as mist makes it."""
        foot = foot or self.height
        line = self.ridge(base, height)
        y0 = min(y for _, y in line)
        self.gradient(top, bottom, y0, foot, [*line, (self.width, foot), (0, foot)])
        return line

    # Things

    def sun(self, x: float, y: float, radius: float, colour: RGB, halo: RGB) -> None:
        self.glow(x, y, radius * 6, halo, 0.55)
        self.ellipse(x, y, radius, radius, colour)

    def cloud(self, x: float, y: float, width: float, colour: RGB) -> None:
        for dx, dy, r in ((-0.34, 0.03, 0.13), (-0.14, -0.05, 0.19), (0.1, -0.09, 0.22), (0.32, 0.0, 0.15)):
            self.ellipse(x + dx * width, y + dy * width, r * width, r * width * 0.62, colour)
        self.box(x - 0.46 * width, y - 0.02 * width, x + 0.46 * width, y + 0.11 * width, colour, 0.06 * width)

    def tree(self, x: float, foot: float, height: float, leaf: RGB, trunk: RGB) -> None:
        w = height * 0.045
        self.polygon(
            [
                (x - w, foot),
                (x - w * 0.5, foot - height * 0.6),
                (x + w * 0.5, foot - height * 0.6),
                (x + w, foot),
            ],
            trunk,
        )
        light, dark = mix(leaf, (255, 255, 220), 0.16), mix(leaf, (0, 20, 30), 0.16)
        crown = [
            (0, -0.62, 0.27),
            (-0.17, -0.5, 0.2),
            (0.17, -0.52, 0.21),
            (-0.08, -0.77, 0.2),
            (0.1, -0.75, 0.19),
        ]
        for dx, dy, r in crown:
            self.ellipse(x + dx * height, foot + (dy + 0.03) * height, r * height, r * height * 0.95, dark)
        for dx, dy, r in crown:
            self.ellipse(
                x + (dx - 0.02) * height, foot + dy * height, r * height * 0.92, r * height * 0.88, leaf
            )
        for dx, dy, r in crown[2:]:
            self.ellipse(
                x + (dx + 0.04) * height,
                foot + (dy - 0.05) * height,
                r * height * 0.5,
                r * height * 0.42,
                light,
            )

    def poplar(self, x: float, foot: float, height: float, leaf: RGB) -> None:
        self.ellipse(x, foot - height * 0.5, height * 0.12, height * 0.5, leaf)
        self.ellipse(
            x + height * 0.03,
            foot - height * 0.52,
            height * 0.06,
            height * 0.42,
            mix(leaf, (255, 255, 220), 0.14),
        )

    def reeds(self, x: float, foot: float, height: float, colour: RGB, count: int = 9) -> None:
        for _ in range(count):
            lean, tall = self.random.uniform(-0.3, 0.3), self.random.uniform(0.6, 1.0) * height
            x0 = x + self.random.uniform(-0.5, 0.5) * height * 0.7
            tip = (x0 + lean * tall, foot - tall)
            shade = mix(colour, (0, 20, 10), self.random.uniform(0, 0.3))
            w = height * 0.02
            self.polygon(
                [(x0 - w, foot), (x0 + lean * tall * 0.4, foot - tall * 0.55), tip, (x0 + w, foot)], shade
            )
            if self.random.random() < 0.4:
                self.ellipse(tip[0], tip[1], height * 0.022, height * 0.085, mix((112, 72, 40), shade, 0.2))

    def grass(self, line: Callable[[float], float], colour: RGB, height: float, every: float) -> None:
        x = 0.0
        while x < self.width:
            foot = line(x) + self.random.uniform(0, height * 0.6)
            tall = self.random.uniform(0.4, 1.0) * height
            lean = self.random.uniform(-0.35, 0.35) * tall
            self.polygon(
                [(x - every * 0.3, foot), (x + lean, foot - tall), (x + every * 0.3, foot)],
                mix(colour, (250, 250, 160), self.random.uniform(0, 0.22)),
            )
            x += every * self.random.uniform(0.5, 1.5)

    def glints(
        self,
        box: tuple[float, float, float, float],
        colour: RGB,
        count: int,
        inside: list[tuple[float, float]] | None = None,
    ) -> None:
        """Short horizontal strokes of light on water, longer towards the viewer."""
        left, top, right, bottom = box
        mask = Image.new("1", (self.width, self.height), 0 if inside else 1)
        if inside:
            ImageDraw.Draw(mask).polygon(inside, fill=1)
        for _ in range(count):
            depth = self.random.random() ** 1.4
            y = top + (bottom - top) * depth
            length = (14 + 120 * depth) * self.width / 2400
            x = self.random.uniform(left, right)
            thick = (1.2 + 4.0 * depth) * self.width / 2400
            ends = [
                (min(max(int(x + e * length), 0), self.width - 1), min(int(y), self.height - 1))
                for e in (-1.2, 1.2)
            ]
            if not all(mask.getpixel(end) for end in ends):
                continue
            o = self.over
            under = self.image.getpixel(
                (min(max(int(x * o), 0), self.image.width - 1), min(int(y * o), self.image.height - 1))
            )
            self.ellipse(x, y, length, thick, mix(under, colour, self.random.uniform(0.25, 0.6)))

    def birds(self, x: float, y: float, size: float, count: int, colour: RGB) -> None:
        for _ in range(count):
            bx, by = x + self.random.uniform(-6, 6) * size, y + self.random.uniform(-2.5, 2.5) * size
            s = size * self.random.uniform(0.5, 1)
            self.stroke([(bx - s, by - s * 0.25), (bx - s * 0.4, by - s * 0.42), (bx, by)], colour, s * 0.11)
            self.stroke([(bx, by), (bx + s * 0.4, by - s * 0.42), (bx + s, by - s * 0.25)], colour, s * 0.11)

    def bag(self, x: float, foot: float, size: float, colour: RGB) -> None:
        light = mix(colour, (255, 255, 255), 0.18)
        self.ellipse(x, foot - size * 0.42, size * 0.4, size * 0.44, colour)
        self.polygon(
            [
                (x - size * 0.16, foot - size * 0.78),
                (x, foot - size * 0.9),
                (x + size * 0.16, foot - size * 0.78),
            ],
            colour,
        )
        self.polygon(
            [
                (x - size * 0.12, foot - size * 0.9),
                (x - size * 0.2, foot - size * 1.08),
                (x + size * 0.02, foot - size * 0.98),
                (x + size * 0.2, foot - size * 1.1),
                (x + size * 0.12, foot - size * 0.9),
            ],
            colour,
        )
        self.ellipse(x - size * 0.14, foot - size * 0.5, size * 0.09, size * 0.2, light)

    def heron(self, x: float, foot: float, s: float, colour: RGB) -> None:
        dark = mix(colour, (20, 30, 50), 0.6)
        for dx in (-0.05, 0.06):
            self.stroke([(x + dx * s, foot), (x + dx * s * 0.8, foot - s * 0.42)], (196, 140, 66), s * 0.022)
        self.polygon(
            [
                (x - s * 0.34, foot - s * 0.36),
                (x - s * 0.1, foot - s * 0.62),
                (x + s * 0.16, foot - s * 0.6),
                (x + s * 0.14, foot - s * 0.44),
                (x - s * 0.02, foot - s * 0.38),
            ],
            colour,
        )
        self.polygon(
            [
                (x - s * 0.36, foot - s * 0.33),
                (x - s * 0.1, foot - s * 0.56),
                (x + s * 0.04, foot - s * 0.46),
            ],
            dark,
        )
        self.stroke(
            [
                (x + s * 0.12, foot - s * 0.54),
                (x + s * 0.2, foot - s * 0.68),
                (x + s * 0.12, foot - s * 0.82),
                (x + s * 0.2, foot - s * 0.94),
            ],
            colour,
            s * 0.06,
        )
        self.ellipse(x + s * 0.22, foot - s * 0.95, s * 0.06, s * 0.045, colour)
        self.polygon(
            [
                (x + s * 0.25, foot - s * 0.98),
                (x + s * 0.47, foot - s * 0.93),
                (x + s * 0.25, foot - s * 0.925),
            ],
            (222, 158, 62),
        )
        self.stroke([(x + s * 0.22, foot - s * 0.985), (x + s * 0.06, foot - s * 1.0)], dark, s * 0.018)

    def person(
        self,
        x: float,
        foot: float,
        s: float,
        *,
        vest: RGB,
        trousers: RGB,
        skin: RGB,
        hair: RGB,
        pose: str = "stand",
        flip: bool = False,
        sleeves: RGB = (60, 84, 110),
    ) -> None:
        """A helper in a bright vest; ``s`` is the height. Poses: stand, pick (bent over), carry, wave."""
        d = -1 if flip else 1
        lean = 0.16 if pose == "pick" else 0.02
        hip = (x, foot - s * 0.46)
        neck = (x + d * s * lean, foot - s * 0.80 + (s * 0.05 if pose == "pick" else 0))
        boot = (54, 62, 52)
        for side in (-1, 1):
            knee = (hip[0] + side * s * 0.055 + d * s * 0.02, foot - s * 0.24)
            ankle = (x + side * s * 0.075, foot - s * 0.05)
            self.stroke([(hip[0] + side * s * 0.035, hip[1]), knee, ankle], trousers, s * 0.085)
            self.stroke([(ankle[0], foot - s * 0.12), (ankle[0], foot - s * 0.025)], boot, s * 0.09)
            self.stroke(
                [(ankle[0], foot - s * 0.025), (ankle[0] + d * s * 0.045, foot - s * 0.025)], boot, s * 0.06
            )
        half = s * 0.10
        torso = [
            (hip[0] - half * 0.85, hip[1] + s * 0.02),
            (neck[0] - half * 1.05, neck[1] + s * 0.02),
            (neck[0] + half * 1.05, neck[1] + s * 0.02),
            (hip[0] + half * 0.85, hip[1] + s * 0.02),
        ]
        back = (neck[0] - d * half * 0.9, neck[1] + s * 0.05)
        front = (neck[0] + d * half * 0.9, neck[1] + s * 0.05)
        hands = {
            "stand": ((back[0] - d * s * 0.05, hip[1]), (front[0] + d * s * 0.05, hip[1] + s * 0.01)),
            "pick": (
                (back[0] + d * s * 0.03, hip[1] + s * 0.04),
                (front[0] + d * s * 0.16, hip[1] + s * 0.02),
            ),
            "carry": ((back[0] - d * s * 0.07, hip[1] + s * 0.03), (front[0] + d * s * 0.1, hip[1])),
            "wave": ((back[0] - d * s * 0.05, hip[1]), (front[0] + d * s * 0.14, neck[1] - s * 0.2)),
        }[pose]
        self._arm(back, hands[0], s, mix(sleeves, (0, 0, 0), 0.15), skin)
        self.polygon(torso, vest)
        self.stroke([torso[1], torso[2]], vest, s * 0.05)
        self.stroke([torso[0], torso[3]], vest, s * 0.035)
        stripe = (238, 240, 226)
        for share in (0.38, 0.66):
            a, b = between(torso[1], torso[0], share), between(torso[2], torso[3], share)
            self.stroke([a, b], stripe, s * 0.022)
        if pose == "pick":
            grip, tip = hands[1], (hands[1][0] + d * s * 0.2, foot - s * 0.02)
            self.stroke([grip, tip], (86, 92, 98), s * 0.018)
            self.stroke(
                [(tip[0] - d * s * 0.03, tip[1]), (tip[0] + d * s * 0.035, tip[1] - s * 0.01)],
                (86, 92, 98),
                s * 0.02,
            )
        self._arm(front, hands[1], s, sleeves, skin)
        if pose == "carry":
            self.bag(hands[1][0] + d * s * 0.01, hands[1][1] + s * 0.36, s * 0.34, (52, 96, 168))
        head = (neck[0] + d * s * 0.015, neck[1] - s * 0.095)
        self.stroke([(neck[0], neck[1]), head], mix(skin, (90, 40, 20), 0.18), s * 0.055)
        self.ellipse(head[0] - d * s * 0.012, head[1] - s * 0.012, s * 0.074, s * 0.08, hair)
        self.ellipse(head[0] + d * s * 0.012, head[1] + s * 0.012, s * 0.06, s * 0.068, skin)
        self.polygon(
            [
                (head[0] - s * 0.075, head[1] - s * 0.015),
                (head[0] - s * 0.06, head[1] - s * 0.075),
                (head[0] + s * 0.05, head[1] - s * 0.08),
                (head[0] + s * 0.078, head[1] - s * 0.02),
            ],
            hair,
        )

    def _arm(self, shoulder, hand, s: float, sleeve: RGB, skin: RGB) -> None:
        elbow = ((shoulder[0] * 0.5 + hand[0] * 0.5) - s * 0.015, (shoulder[1] + hand[1]) / 2 + s * 0.02)
        self.stroke([shoulder, elbow, hand], sleeve, s * 0.052)
        self.ellipse(hand[0], hand[1], s * 0.034, s * 0.034, skin)


def between(a: tuple[float, float], b: tuple[float, float], share: float) -> tuple[float, float]:
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share


SKINS = [rgb(c) for c in ("#f0c8a0", "#c98d5e", "#8a5a3a", "#e6b48c", "#6b432b")]
HAIRS = [rgb(c) for c in ("#3a2a22", "#1d1a1c", "#a86a32", "#d9b26a", "#5c3a28", "#8d8d92")]
ORANGE, LIME = rgb("#f07f2e"), rgb("#cfe04a")
