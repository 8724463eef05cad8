FORMAT = "thread"
COMMIT_CALL = "POST /2/tweets"
LOOKUP_CALL = "GET /2/users/"
NEVER = ("reach", "follows")
REPLY_CALL = "POST /2/tweets"
DIRECT_CALL = "/messages"


def CALLED(channel):
    return f"{channel.handle} "


FORMATS = {"post": {}, "video": {"MEDIA": "video"}}
