"""Google's own client drives YouTube's stand-in: what nobody here wrote can work with it."""

from __future__ import annotations

import json
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import googleapiclient
import httplib2
import httpx
import pytest
from googleapiclient.discovery import build_from_document
from googleapiclient.http import MediaFileUpload, MediaInMemoryUpload

from sandbox.testing import running

pytestmark = pytest.mark.db  # no database, but a server: not for the fast group
ME = "UCriverside0000000000101"
SCOPES = " ".join(
    f"https://www.googleapis.com/auth/{name}"
    for name in ("youtube.upload", "youtube.force-ssl", "youtube.readonly")
)
ABOUT = {
    "snippet": {"title": "River", "description": "Clean", "tags": ["a"], "categoryId": "25"},
    "status": {"privacyStatus": "private", "selfDeclaredMadeForKids": False},
}
STEP = 256 * 1024


def sign_in(base, helpers) -> str:
    app = {"client_id": "sandbox-app", "redirect_uri": helpers.CALLBACK}
    asked = {
        "response_type": "code", "scope": SCOPES, "state": "st", "code_challenge": helpers.CHALLENGE,
        "code_challenge_method": "S256", "account": ME, "decision": "allow",
    }  # fmt: skip
    with httpx.Client(base_url=base, trust_env=False) as browser:
        back = browser.post("/youtube/o/oauth2/v2/auth", data=app | asked).headers["location"]
        form = {
            "grant_type": "authorization_code", "code": parse_qs(urlsplit(back).query)["code"][0],
            "client_secret": "sandbox-secret", "code_verifier": helpers.VERIFIER,
        }  # fmt: skip
        return browser.post("/youtube/token", data=app | form).json()["access_token"]


@pytest.fixture
def youtube(tmp_path, helpers):
    """Google's client on the sandbox. Its own option for another address would send uploads elsewhere."""
    folder = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents"
    document = json.loads((folder / "youtube.v3.json").read_text())
    with running(tmp_path / "state") as base:
        token = sign_in(base, helpers)

        class Signed(httplib2.Http):
            def __init__(self):
                super().__init__()
                self.redirect_codes = self.redirect_codes - {308}  # as Google's own build_http does

            def request(self, uri, method="GET", body=None, headers=None, **more):
                head = {**(headers or {}), "Authorization": f"Bearer {token}"}
                return super().request(uri, method, body, head, **more)

        document |= {"rootUrl": f"{base}/youtube/", "baseUrl": f"{base}/youtube/"}
        yield build_from_document(document, http=Signed())


def upload(youtube, film):
    """Upload in pieces; returns the video and how many turns it took."""
    medium = MediaFileUpload(str(film), mimetype="video/mp4", chunksize=STEP, resumable=True)
    request = youtube.videos().insert(part="snippet,status", body=ABOUT, media_body=medium)
    made, turns = None, 0
    while made is None:
        _, made = request.next_chunk()
        turns += 1
    return made["id"], turns


def test_it_publishes_in_pieces_with_cover_and_captions(youtube, tmp_path, helpers):
    film = tmp_path / "film.mp4"
    film.write_bytes(helpers.movie() + (2 * STEP).to_bytes(4, "big") + b"free" + bytes(2 * STEP - 8))
    (channel,) = youtube.channels().list(part="snippet,statistics", mine=True).execute()["items"]
    video, turns = upload(youtube, film)
    ends = time.monotonic() + 10
    asked = youtube.videos().list(part="status,processingDetails", id=video)
    while asked.execute()["items"][0]["status"]["uploadStatus"] != "processed":
        assert time.monotonic() < ends
    track = MediaInMemoryUpload(b"WEBVTT\n\n00:00.000 --> 00:01.000\nHi\n", "text/vtt")
    said = {"snippet": {"videoId": video, "language": "en", "name": ""}}
    captions = youtube.captions().insert(part="snippet", body=said, media_body=track).execute()
    picture = MediaInMemoryUpload(helpers.picture(), "image/jpeg")
    youtube.thumbnails().set(videoId=video, media_body=picture).execute()
    public = {"id": video, "status": {"privacyStatus": "public", "selfDeclaredMadeForKids": False}}
    shown = youtube.videos().update(part="status", body=public).execute()

    assert channel["snippet"]["customUrl"] == "@riversidecouncil"
    assert turns == 3
    assert captions["snippet"]["status"] == "serving"
    assert shown["status"]["privacyStatus"] == "public"
    youtube.videos().delete(id=video).execute()
    assert asked.execute()["items"] == []


def test_it_talks(youtube, tmp_path, helpers):
    film = tmp_path / "film.mp4"
    film.write_bytes(helpers.movie())
    video, _ = upload(youtube, film)
    public = {"id": video, "status": {"privacyStatus": "public", "selfDeclaredMadeForKids": False}}
    youtube.videos().update(part="status", body=public).execute()
    words = {"videoId": video, "topLevelComment": {"snippet": {"textOriginal": "Hello"}}}
    top = youtube.commentThreads().insert(part="snippet", body={"snippet": words}).execute()
    reply = {"snippet": {"parentId": top["id"], "textOriginal": "Welcome"}}
    youtube.comments().insert(part="snippet", body=reply).execute()
    youtube.comments().setModerationStatus(id=top["id"], moderationStatus="heldForReview").execute()

    held = youtube.commentThreads().list(
        part="snippet,replies", videoId=video, moderationStatus="heldForReview"
    )
    (found,) = held.execute()["items"]

    assert found["replies"]["comments"][0]["snippet"]["textOriginal"] == "Welcome"
    youtube.comments().delete(id=top["id"]).execute()
    assert held.execute()["items"] == []
