FORMAT = "thread"
COMMIT_CALL = "POST /xrpc/com.atproto.repo.putRecord"
LOOKUP_CALL = "GET /xrpc/com.atproto.repo.getRecord"
NEVER = ("impressions", "reach", "views", "clicks")
REPLY_CALL = "POST /xrpc/com.atproto.repo.putRecord"
GONE = "at://did:plc:riversidecouncil22222222/app.bsky.feed.post/3lzzzzzzzzzzz"
