FORMAT = "thread"
COMMIT_CALL = "POST /api/v1/statuses"
LOOKUP_CALL = "GET /api/v1/accounts/"
NEVER = ("impressions", "reach", "views", "saves", "clicks")
REPLY_CALL = "POST /api/v1/statuses"
