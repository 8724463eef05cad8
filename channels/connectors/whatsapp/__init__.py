"""WhatsApp Cloud API: one message to each of the people who asked for it. Graph API, as read in November 2026.

There is no public post. Who has written within 24 hours is sent the text itself; everybody else only a template that
WhatsApp has approved, and only if its text is the very text that was approved here. Nothing can be asked about a message
whose answer was lost, so then a person decides.
"""

from channels.connectors.whatsapp.connector import WhatsAppConnector

__all__ = ["WhatsAppConnector"]
