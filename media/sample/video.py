"""The short video with captions, put together by ffmpeg from the drawn pictures."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageChops

from media import ffmpeg
from media.colour import RGB, rgb
from media.sample.pictures import (
    boat,
    bridge_evening,
    river_morning,
    volunteers,
)
from media.sample.scene import HAIRS, LIME, ORANGE, SKINS, Scene

VIDEO_SIZE = (1920, 1080)
FPS = 25
SCENE_S = 7.0
CAPTIONS = [
    (0.4, 3.4, "This is the Wend at seven in the morning."),
    (3.6, 6.6, "Two hundred people are about to walk its banks."),
    (7.2, 10.2, "Tyres, bicycles, bottles: it all has to come out."),
    (10.4, 13.6, "By noon we had filled three hundred bags."),
    (14.2, 17.2, "In the evening the last boat brings in the rest."),
    (17.4, 20.6, "4.2 tonnes. See you on the first Saturday."),
]


def _sprite(size: tuple[int, int], paint: Callable[[Scene], object]) -> Image.Image:
    """Something painted alone, as RGBA: painted on black and on white, what differs is what one sees through."""
    grounds = []
    for shade in (0, 255):
        scene = Scene(size, 5)
        scene.image.paste((shade,) * 3, (0, 0, *scene.image.size))
        paint(scene)
        grounds.append(scene.done())
    black, white = grounds
    alpha = ImageChops.invert(ImageChops.subtract(white, black).convert("L"))
    sprite = black.convert("RGBA")
    sprite.putalpha(alpha)
    return sprite


def _helper(vest: RGB, pose: str, look: int, flip: bool = False) -> Callable[[Scene], None]:
    def paint(s: Scene) -> None:
        s.person(
            s.width / 2,
            s.height * 0.97,
            s.height * 0.9,
            vest=vest,
            trousers=rgb("#34495e"),
            skin=SKINS[look],
            hair=HAIRS[look],
            pose=pose,
            flip=flip,
        )

    return paint


def _video_parts(folder: Path) -> list[tuple[Path, str]]:
    """Pictures for the filter graph: three wide grounds, then what moves over them with its path."""
    wide = (2280, 1080)
    images = {
        "ground0": river_morning(wide),
        "ground1": volunteers(wide, empty=True),
        "ground2": bridge_evening(wide, empty=True),
        "cloud": _sprite((700, 240), lambda s: s.cloud(350, 130, 620, rgb("#fffaf0"))),
        "birds": _sprite((420, 220), lambda s: s.birds(210, 110, 26, 8, rgb("#47606b"))),
        "one": _sprite((420, 520), _helper(ORANGE, "carry", 0)),
        "two": _sprite((520, 600), _helper(LIME, "pick", 3)),
        "three": _sprite((420, 470), _helper(LIME, "carry", 1, flip=True)),
        "boat": _sprite((760, 420), lambda s: boat(s, 380, 350, 2600)),
    }
    for name, image in images.items():
        image.save(folder / f"{name}.png", compress_level=1)
    paths = {
        "cloud": "x='-520+t*34':y=70",
        "birds": "x='1500-t*95':y='250+18*sin(t*1.3)'",
        "one": "x='-260+t*118':y='470-9*abs(sin(t*4.2))'",
        "two": "x='980+6*sin(t*0.9)':y='470+4*sin(t*1.7)'",
        "three": "x='1860-t*92':y='420-8*abs(sin(t*4.6+1))'",
        "boat": "x='-420+t*150':y='520+7*sin(t*1.4)'",
    }
    return [(folder / f"{name}.png", paths.get(name, "")) for name in images]


def _video_graph(parts: list[tuple[Path, str]]) -> str:
    index = {path.stem: i for i, (path, _) in enumerate(parts)}
    # Converted before they are repeated: once, not for every frame.
    to_709 = "scale=out_color_matrix=bt709:out_range=tv"
    still = f"loop=loop=-1:size=1:start=0,fps={FPS},trim=duration={SCENE_S},setpts=PTS-STARTPTS"
    over = {0: ("cloud", "birds"), 1: ("three", "one", "two"), 2: ("boat",)}
    pans = ("(in_w-out_w)*t/7", "(in_w-out_w)*(1-t/7)", "(in_w-out_w)*(0.2+0.6*t/7)")
    graph = []
    for scene, pan in enumerate(pans):
        w, h = VIDEO_SIZE
        graph.append(
            f"[{index[f'ground{scene}']}:v]{to_709},format=yuv420p,{still},crop={w}:{h}:x='{pan}':y=0[g{scene}_0]"
        )
        for number, name in enumerate(over[scene]):
            graph.append(f"[{index[name]}:v]{to_709},format=yuva420p,{still}[{name}]")
            path = parts[index[name]][1]
            graph.append(f"[g{scene}_{number}][{name}]overlay={path}:eval=frame[g{scene}_{number + 1}]")
    last = "".join(f"[g{scene}_{len(over[scene])}]" for scene in over)
    graph.append(
        f"{last}concat=n=3:v=1:a=0,"
        "setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709,format=yuv420p[v]"
    )
    length = SCENE_S * 3
    graph += [
        f"anoisesrc=color=brown:amplitude=0.55:seed=7:duration={length}:sample_rate=48000,lowpass=f=1100,"
        "tremolo=f=0.25:d=0.35[water]",
        f"aevalsrc='0.035*sin(2*PI*196*t)+0.03*sin(2*PI*246.94*t)+0.028*sin(2*PI*293.66*t)':d={length}:s=48000,"
        "tremolo=f=0.14:d=0.6[chord]",
        f"aevalsrc='0.05*sin(2*PI*(2500*t+22*sin(2*PI*11*t)))*gt(mod(t\\,3.3)\\,2.9)':d={length}:s=48000[bird]",
        f"[water][chord][bird]amix=inputs=3:normalize=0,afade=t=in:d=0.6,afade=t=out:st={length - 1.2}:d=1.2,"
        "aformat=channel_layouts=stereo[a]",
    ]
    return ";".join(graph)


def make_video(folder: Path) -> tuple[Path, Path]:
    """Make a moving scene of 21 s (1920 × 1080, H.264 and AAC) and its captions (WebVTT). Returns both paths."""
    folder.mkdir(parents=True, exist_ok=True)
    video, captions = folder / "clean-river.mp4", folder / "clean-river.vtt"
    with tempfile.TemporaryDirectory(prefix="sample-") as name:
        parts = _video_parts(Path(name))
        inputs = [word for path, _ in parts for word in ("-i", str(path))]
        ffmpeg.run(
            [
                *inputs,
                "-filter_complex",
                _video_graph(parts),
                "-map",
                "[v]",
                "-map",
                "[a]",
                "-c:v",
                "libx264",
                "-preset",
                "ultrafast",
                "-crf",
                "22",
                "-profile:v",
                "high",
                "-c:a",
                "aac",
                "-b:a",
                "128k",
                "-movflags",
                "+faststart",
                "-map_metadata",
                "-1",
                "-fflags",
                "+bitexact",
                str(video.resolve()),
            ],
            folder=Path(name),
            timeout_s=300,
        )
    cues = [f"{_vtt(start)} --> {_vtt(end)}\n{text}\n" for start, end, text in CAPTIONS]
    captions.write_text("WEBVTT\n\n" + "\n".join(cues), encoding="utf-8")
    return video, captions


def _vtt(seconds: float) -> str:
    return f"00:{int(seconds // 60):02}:{seconds % 60:06.3f}"
