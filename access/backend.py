"""Sign-in and permissions by Django's own rules; only how they are looked up is ours."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission
from django.db.models import Q

from access import person


class PersonBackend(ModelBackend):
    """Loads a person of a session with everything that each page asks about them (access.person), in one query.

    Of a person loaded otherwise, own permissions and those of the groups are still one query instead of two.
    """

    def get_user(self, user_id: Any) -> Any:
        user = person.load(user_id)
        return user if user is not None and self.user_can_authenticate(user) else None

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        if not user_obj.is_active or user_obj.is_anonymous or user_obj.is_superuser or obj is not None:
            return super().get_all_permissions(user_obj, obj)
        if not hasattr(user_obj, "_perm_cache"):
            own = Q(user=user_obj.pk) | Q(group__user=user_obj.pk)
            rows = Permission.objects.filter(own).order_by().distinct()
            names = rows.values_list("content_type__app_label", "codename")
            user_obj._perm_cache = {f"{app}.{name}" for app, name in names}
        return user_obj._perm_cache
