FORMAT = "post"
COMMIT_CALL = "/feed"
LOOKUP_CALL = "published_posts"
NEVER = ("impressions", "saves")
REPLY_CALL = "/comments"
DIRECT_CALL = "/messages"
