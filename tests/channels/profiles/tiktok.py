FORMAT = "video"
MEDIA = "video"
COMMIT_CALL = "PUT /video/"
LOOKUP_CALL = "/status/fetch/"
NEVER = ("impressions", "reach", "watch_time_s")
GONE = "7000000000000000001"
OPTIONS = {
    "options": {
        "privacy": "PUBLIC_TO_EVERYONE",
        "comment": True,
        "duet": False,
        "stitch": False,
        "own_brand": False,
        "branded": False,
        "ai_generated": False,
    }
}
FORMATS = {
    "photo": {
        "MEDIA": "pictures",
        "COMMIT_CALL": "/content/init/",
        "LOOKUP_CALL": "/video/list/",
        "PATIENT": True,
        "FOUND": lambda row: row["public_id"],
        "ALT": False,
        "OPTIONS": {"options": {"privacy": "PUBLIC_TO_EVERYONE", "comment": True, "music": True}},
    }
}
