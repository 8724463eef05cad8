FORMAT = "post"
COMMIT_CALL = "/feed"
LOOKUP_CALL = "published_posts"
NEVER = ("impressions", "saves")
REPLY_CALL = "/comments"
DIRECT_CALL = "/messages"
FORMATS = {
    "reel": {"MEDIA": "video", "COMMIT_CALL": "/video_reels", "PATIENT": True, "LOOKUP_CALL": "fields=status"}
}
