"""The sandbox as a program, and its reader of MP4 boxes on what ffmpeg really writes."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import imageio_ffmpeg
import pytest

from sandbox import mp4

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[2]


def start(tmp_path, port):
    command = [sys.executable, "-m", "sandbox", "--port", str(port), "--state", str(tmp_path / "state")]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_starts_says_where_it_is_and_stops_on_term(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = start(tmp_path, port)
    try:
        assert process.stdout.readline().strip().endswith(f"http://127.0.0.1:{port}/")
        assert httpx.get(f"http://127.0.0.1:{port}/_sandbox/ledger", trust_env=False).json() == []
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert process.stderr.read() == ""
    finally:
        process.kill()
        process.communicate()


def test_taken_port_is_a_clear_line(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        _, said = start(tmp_path, port).communicate(timeout=30)

    assert said == (
        f"The sandbox cannot use port {port}: Address already in use. Choose another with --port or SANDBOX_PORT.\n"
    )


@pytest.mark.parametrize("faststart", [True, False])
def test_boxes_of_a_real_video(tmp_path, faststart):
    film = tmp_path / "film.mp4"
    flags = ["-movflags", "+faststart"] if faststart else []
    source = [
        "-f",
        "lavfi",
        "-i",
        "testsrc2=size=540x960:rate=30:duration=4",
        "-f",
        "lavfi",
        "-i",
        "sine=duration=4",
    ]
    codecs = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", *source, *codecs, *flags, str(film)]
    subprocess.run(command, check=True)

    movie = mp4.read(film)

    assert movie.faststart is faststart
    assert movie.duration_s == pytest.approx(4, abs=0.1)
    assert (movie.video.codec, movie.video.width, movie.video.height, round(movie.video.fps)) == (
        "avc1",
        540,
        960,
        30,
    )
    assert movie.audio.codec == "mp4a"


@pytest.mark.parametrize("keep", [4, 20, 200, 1200])
def test_cut_off_video_is_no_video(tmp_path, helpers, keep):
    film = tmp_path / "film.mp4"
    film.write_bytes(helpers.movie()[:keep])

    with pytest.raises(mp4.NotMp4):
        mp4.read(film)
