"""Rows that are found by what stands in them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models, transaction

from community.core import finding


class WordsField(models.TextField):
    """The words of the row's ``SEARCHED`` fields as they are looked for; made whenever the row is written."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(
            *args, **{**kwargs, "blank": True, "default": "", "db_default": "", "editable": False}
        )

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        for known in ("blank", "default", "db_default", "editable"):
            kwargs.pop(known, None)
        return name, path, args, kwargs

    def pre_save(self, model_instance: Any, add: bool) -> str:
        searched = getattr(model_instance, "SEARCHED", None)
        if searched is not None:  # a migration's model knows none
            setattr(model_instance, self.attname, words_of(model_instance))
        return getattr(model_instance, self.attname)


def words_of(row: Any) -> str:
    return finding.indexed(*(getattr(row, name) for name in row.SEARCHED))


class FindableQuerySet(models.QuerySet):
    """Keeps the words in step where rows are changed without being loaded."""

    def update(self, **fields: Any) -> int:
        searched = self.model.SEARCHED
        named = [name for name in searched if name in fields]
        if not named or "words" in fields:
            return super().update(**fields)
        if len(named) == len(searched) and all(isinstance(fields[name], str) for name in named):
            return super().update(**fields, words=finding.indexed(*(fields[name] for name in named)))
        with transaction.atomic():
            pks = list(self.values_list("pk", flat=True))
            changed = super().update(**fields)
            self.model._default_manager.filter(pk__in=pks).keep_words()
        return changed

    update.alters_data = True

    def keep_words(self) -> int:
        """Make the words of these rows anew where they are others; returns in how many they were."""
        rows = self.only("pk", "words", *self.model.SEARCHED)
        stale = [row for row in rows if row.words != words_of(row)]
        for row in stale:
            # Whoever changes the row meanwhile writes its words as well: those are not to be overwritten.
            same = {name: getattr(row, name) for name in row.SEARCHED}
            self.model._default_manager.filter(pk=row.pk, **same).update(words=words_of(row))
        return len(stale)

    keep_words.alters_data = True


class Findable(models.Model):
    SEARCHED: ClassVar[tuple[str, ...]]

    words = WordsField()
    objects = FindableQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, update_fields: Any = None, **kwargs: Any) -> None:
        if update_fields is not None and {*update_fields} & {*self.SEARCHED}:
            update_fields = {*update_fields, "words"}
        super().save(*args, update_fields=update_fields, **kwargs)
