FORMAT = "carousel"
COMMIT_CALL = "/media_publish"
LOOKUP_CALL = "GET /v26.0/1"
NEVER = ("impressions", "clicks")
REPLY_CALL = "/replies"
DIRECT_CALL = "/messages"
FORMATS = {
    "image": {"MEDIA": "picture"},
    "reel": {"MEDIA": "video"},
    "story": {"MEDIA": "frame", "ALT": False, "NEVER": ("impressions",)},
}
