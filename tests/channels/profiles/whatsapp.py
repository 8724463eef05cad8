"""What the contract suite must know of WhatsApp."""

FORMAT = "message"
MEDIA = "none"
COMMIT_CALL = "/messages"
NEVER = ("impressions", "reach", "likes", "comments")
LIKES = False
GONE = "wamid.NONE"
OPTIONS = {"options": {"recipients": "+49 151 55501001", "template": "", "template_language": ""}}
SAYS_GONE = False  # a message that was deleted is not told from one that is too old
