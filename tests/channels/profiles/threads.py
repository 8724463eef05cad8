"""What the contract suite must know of Threads."""

FORMAT = "thread"
COMMIT_CALL = "/threads_publish"
LOOKUP_CALL = "GET /v1.0/1"
NEVER = ("impressions", "reach", "saves", "clicks")
REPLY_CALL = "/threads_publish"
