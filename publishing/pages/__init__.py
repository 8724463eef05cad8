"""The pages under /admin/publishing/. Each parses, asks ``access.policy``, calls one function and answers."""
