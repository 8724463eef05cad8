"""What the contract suite must know of WhatsApp."""

FORMAT = "message"
MEDIA = "none"
COMMIT_CALL = "/messages"
NEVER = ("impressions", "reach", "likes", "comments")
LIKES = False
GONE = "wamid.NONE"
OPTIONS = {"options": {"recipients": "+49 151 55501001", "template": "", "template_language": ""}}
