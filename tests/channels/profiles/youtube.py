FORMAT = "short"
MEDIA = "video"
COMMIT_CALL = "PUT /youtube/v3/videos"
LOOKUP_CALL = "GET /youtube/v3/videos"
REPLY_CALL = "POST /youtube/v3/comments"
NEVER = ("impressions", "reach")
GONE = "gone0000000"
OPTIONS = {
    "language_tag": {"defaultLanguage": "en"},
    "options": {
        "privacy": "public",
        "made_for_kids": "no",
        "synthetic": False,
        "category": "25",
        "tags": "river, clean up",
        "notify": False,
    },
}
