"""The Content Security Policy, with what Wagtail's admin needs on top."""

from csp.middleware import CSPMiddleware

ADMIN_PREFIX = "/admin/"
OPEN_PAGES = ("/admin/login", "/admin/password_reset")

# Wagtail's choosers, date pickers and page editor insert inline scripts and styles, some from JavaScript, so nonces do
# not help. Handlers in attributes stay forbidden; nothing may come from another origin.
ADMIN = {
    "script-src-elem": ["'self'", "'unsafe-inline'"],
    "script-src-attr": ["'none'"],
    "style-src": ["'self'", "'unsafe-inline'"],
    "frame-src": ["'self'"],
}


class ContentSecurityPolicyMiddleware(CSPMiddleware):
    def get_policy_parts(self, request, response, report_only=False):
        parts = super().get_policy_parts(request, response, report_only)
        if (
            not report_only
            and request.path.startswith(ADMIN_PREFIX)
            and not request.path.startswith(OPEN_PAGES)
        ):
            parts.replace = {**(parts.replace or {}), **ADMIN}
        return parts
