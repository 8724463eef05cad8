"""The upload forms of pictures and videos, wherever Wagtail shows them: library, choosers, multiple upload.

Not in cms.forms, because pages import that before Wagtail's image model is there.
"""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from wagtail.images.fields import WagtailImageField
from wagtail.images.forms import BaseImageForm
from wagtailmedia.forms import BaseMediaForm

from cms import uploads

PICTURE_MESSAGES = {
    "invalid_image": "This file is not a picture we can read, whatever its name says. "
    "Use a JPEG, PNG, WebP, AVIF or GIF.",
    "invalid_image_extension": "This kind of file is not taken. Use a JPEG, PNG, WebP, AVIF or GIF.",
    "invalid_image_known_format": "This file is named .%(extension)s but is a %(image_format)s picture. "
    "Give it the right ending, or export it anew.",
    "file_too_many_pixels": "This picture has too many pixels; at most 50 megapixels are possible. "
    "Save a smaller copy and use that.",
}

DAMAGED = "This picture is damaged and cannot be opened. Export it anew and try again."


class PictureField(WagtailImageField):
    """Wagtail's checks in our words; a picture that breaks off in its header is refused, not a server error.

    Wagtail decodes a picture to check it. A limited child looks first, so that this happens only to what is taken.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.error_messages.update(PICTURE_MESSAGES)

    def to_python(self, data):
        if isinstance(data, UploadedFile):
            uploads.look_at(data, kind="picture")
        try:
            return super().to_python(data)
        except ValidationError:
            raise
        except (OSError, SyntaxError, ValueError) as error:
            raise ValidationError(DAMAGED, code="invalid_image") from error


class PictureForm(BaseImageForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if field := self.fields.get("file"):
            self.fields["file"] = PictureField(
                label=field.label, required=field.required, widget=field.widget, max_length=field.max_length
            )

    def clean_file(self):
        file = self.cleaned_data["file"]
        if not isinstance(file, UploadedFile):
            return file  # the stored one, unchanged
        return uploads.upright(file)


class VideoForm(BaseMediaForm):
    class Meta(BaseMediaForm.Meta):
        widgets = {**BaseMediaForm.Meta.widgets, "captions": forms.ClearableFileInput}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.cues = None
        if "file" in self.fields:
            self.fields["file"].help_text = {
                "video": "MP4, MOV, WebM or MKV; at most 60 minutes, 2 GB and 4096 × 2304 pixels.",
                "audio": "MP3, M4A, WAV, FLAC or Ogg; at most 60 minutes and 2 GB.",
            }.get(self.instance.type, "")
        if "thumbnail" in self.fields:
            self.fields["thumbnail"].label = "Poster"
            self.fields[
                "thumbnail"
            ].help_text = "The still picture that is seen before it is played: JPEG, PNG or WebP."

    def clean_file(self):
        file = self.cleaned_data["file"]
        if isinstance(file, UploadedFile):
            facts = uploads.look_at(file, kind=self.instance.type)
            self.instance.duration = facts.duration_s or 0
            self.instance.width, self.instance.height = facts.width or None, facts.height or None
            self.instance.mime = facts.mime
        return file

    def clean_thumbnail(self):
        file = self.cleaned_data["thumbnail"]
        if isinstance(file, UploadedFile):
            uploads.look_at(file, kind="poster")
        return file

    def clean_captions(self):
        file = self.cleaned_data["captions"]
        if isinstance(file, UploadedFile):
            file, self.cues = uploads.captions(file)
        return file

    def clean(self):
        cleaned = super().clean()
        if self.cues and (why := uploads.too_long(self.cues, self.instance.duration)):
            self.add_error("captions", ValidationError(why))
        return cleaned
