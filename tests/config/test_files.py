import pytest
from django.contrib.auth.models import User

pytestmark = pytest.mark.db


@pytest.fixture
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    for name in ("renders/ab/x.mp4", "original_images/me.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(bytes(range(100)))
    (tmp_path.parent / "secret.txt").write_text("secret")


def body(response):
    return b"".join(response.streaming_content) if response.streaming else response.content


@pytest.mark.parametrize(
    ("asked", "status", "first", "length"),
    [
        ("", 200, 0, 100),
        ("bytes=0-9", 206, 0, 10),
        ("bytes=90-", 206, 90, 10),
        ("bytes=90-500", 206, 90, 10),
        ("bytes=-5", 206, 95, 5),
        ("bytes=-500", 206, 0, 100),
        ("bytes=5-5", 206, 5, 1),
        ("bytes=100-", 416, None, 0),
        ("bytes=9-3", 416, None, 0),
        ("bytes=-", 200, 0, 100),
        ("bytes=0-1,5-6", 200, 0, 100),
        ("lines=1-2", 200, 0, 100),
    ],
)
def test_ranges(client, folder, asked, status, first, length):
    answer = client.get("/files/renders/ab/x.mp4", headers={"Range": asked} if asked else {})
    data = body(answer)

    assert answer.status_code == status
    assert len(data) == length
    if length:
        assert data[0] == first
        assert answer["Content-Type"] == "video/mp4"
    if status == 206:
        assert answer["Content-Range"] == f"bytes {first}-{first + length - 1}/100"
        assert answer["Content-Length"] == str(length)


def test_originals_are_for_signed_in_people(client, folder, db):
    assert client.get("/files/original_images/me.jpg").status_code == 302
    client.force_login(User.objects.create_user("u"))
    assert client.get("/files/original_images/me.jpg").status_code == 200


def test_marks_of_what_was_sent_are_not_served(client, folder, tmp_path):
    (tmp_path / "restore").mkdir()
    (tmp_path / "restore" / "a.mark").write_text("x")
    assert client.get("/files/restore/a.mark").status_code == 404
    assert client.get("/files/renders/../restore/a.mark").status_code == 404


@pytest.mark.parametrize("path", ["renders/ab/.render-x1/out.mp4", "renders/ab/.x.mp4.json"])
def test_what_is_still_being_made_is_not_served(client, folder, tmp_path, path):
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"half")
    assert client.get(f"/files/{path}").status_code == 404


def test_a_detour_does_not_open_originals(client, folder, db):
    assert client.get("/files/renders/../original_images/me.jpg").status_code == 302


@pytest.mark.parametrize(
    "path", ["../secret.txt", "renders/../../secret.txt", "%2e%2e/secret.txt", "renders", "none.jpg"]
)
def test_nothing_else_is_served(client, folder, path):
    assert client.get(f"/files/{path}").status_code in (301, 302, 404)
