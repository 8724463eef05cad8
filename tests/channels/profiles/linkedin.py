"""What the contract suite must know of LinkedIn."""

FORMAT = "post"
COMMIT_CALL = "POST /rest/posts"
LOOKUP_CALL = "GET /rest/posts"
NEVER = ("views", "saves", "watch_time_s")
GONE = "urn:li:share:1999999999999999999"
REPLY_CALL = "POST /rest/socialActions"


def MESSAGE_ID(urn):
    """urn:li:comment:(urn:li:activity:POST,COMMENT) → COMMENT"""
    return urn.rstrip(")").rpartition(",")[2]
