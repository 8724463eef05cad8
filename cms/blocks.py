"""The blocks of a story, as the editor offers them.

Each knows how to become a block of a piece (``to_piece``); what is empty in a draft becomes None.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from wagtail import blocks
from wagtail.images.blocks import ImageChooserBlock
from wagtail.snippets.blocks import SnippetChooserBlock
from wagtailmedia.blocks import AudioChooserBlock, VideoChooserBlock

from cms.core.words import plain_text
from formats.core import piece


def named(block: blocks.FieldBlock, name: str) -> blocks.FieldBlock:
    """The block with a name for those who cannot see the page: Wagtail draws no label for the items of a list."""
    block.field.widget.attrs["aria-label"] = name
    return block


class HeadingBlock(blocks.CharBlock):
    class Meta:
        icon = "title"
        template = "cms/blocks/heading.html"
        preview_value = "What we found on the banks"
        description = "A heading between two parts of the story."

    def to_piece(self, block_id, value):
        return piece.Heading(block_id, value.strip()) if value and value.strip() else None


class ClaimsBlock(blocks.ListBlock):
    """The claims that a block rests on."""

    def __init__(self, **kwargs):
        super().__init__(
            SnippetChooserBlock("cms.Claim", label="Claim"),
            **{
                "default": [],
                "required": False,
                "label": "Claims",
                "help_text": "The statements of fact that this rests on. They must be checked before it goes out.",
                **kwargs,
            },
        )

    class Meta:
        icon = "clipboard-list"


class StatingBlock(blocks.StructBlock):
    """A block that can rest on claims. Its words alone stand for it where there are no claims to name.

    ``says`` is the child that holds the words.
    """

    says = "text"

    def normalize(self, value):
        if value is not None and not isinstance(value, Mapping):
            value = {self.says: value}
        return super().normalize(value)


class ParagraphBlock(StatingBlock):
    text = blocks.RichTextBlock(features=["bold", "italic", "link", "ol", "ul"], label="Text")
    claims = ClaimsBlock()

    class Meta:
        icon = "pilcrow"
        template = "cms/blocks/paragraph.html"
        preview_value = {
            "text": "<p>On Saturday 214 neighbours met at the old bridge, with gloves, hooks and two boats.</p>"
        }
        description = "Running text. Social posts use its words; bold, links and lists show on the page."

    def to_piece(self, block_id, value):
        text = plain_text(value["text"].source) if value.get("text") else ""
        return piece.Paragraph(block_id, text) if text else None


class KeyPointsBlock(StatingBlock):
    says = "points"

    points = blocks.ListBlock(
        named(blocks.CharBlock(label="Point", max_length=240), "Key point"),
        min_num=1,
        max_num=8,
        label="Points",
    )
    claims = ClaimsBlock()

    class Meta:
        icon = "list-ul"
        template = "cms/blocks/key_points.html"
        preview_value = {
            "points": [
                "4.2 tonnes of rubbish in one day",
                "214 people took part",
                "The next day is 12 December",
            ]
        }
        description = "What a reader should remember. A thread makes one post of each point."

    def to_piece(self, block_id, value):
        points = tuple(point.strip() for point in value.get("points") or () if point and point.strip())
        return piece.KeyPoints(block_id, points) if points else None


class QuoteBlock(blocks.StructBlock):
    text = blocks.TextBlock(label="Words", help_text="Exactly as said, without quotation marks", rows=3)
    speaker = blocks.CharBlock(max_length=120)
    role = blocks.CharBlock(
        required=False, max_length=160, help_text="Who the speaker is: “volunteer”, “Mayor”"
    )
    claims = ClaimsBlock()

    class Meta:
        icon = "openquote"
        template = "cms/blocks/quote.html"
        label_format = "{speaker}: {text}"
        preview_value = {
            "text": "I have lived by this river for forty years and never seen it so clear.",
            "speaker": "Jean Okafor",
            "role": "volunteer",
        }
        description = "What somebody said, with their name. Becomes a card on picture networks."

    def to_piece(self, block_id, value):
        if not (text := (value.get("text") or "").strip()):
            return None
        return piece.Quote(
            block_id,
            text,
            speaker=(value.get("speaker") or "").strip(),
            role=(value.get("role") or "").strip(),
        )


class StatisticBlock(blocks.StructBlock):
    value = blocks.CharBlock(max_length=20, help_text="As it should be read: “4.2” or “1,200”")
    unit = blocks.CharBlock(required=False, max_length=40, help_text="“tonnes”, “%”, “people”")
    label = blocks.CharBlock(max_length=200, help_text="What is counted, where and when")
    source = blocks.CharBlock(max_length=200, help_text="Who says so, and of which day")
    source_url = blocks.URLBlock(required=False, label="Source address")
    claims = ClaimsBlock()

    class Meta:
        icon = "order"
        template = "cms/blocks/statistic.html"
        label_format = "{value} {unit} {label}"
        preview_value = {
            "value": "4.2",
            "unit": "tonnes",
            "label": "of rubbish taken out of the river in one day",
            "source": "Riverside Town Council, weighbridge record",
        }
        description = "One figure with its unit and source. Becomes a card."

    def to_piece(self, block_id, value):
        said = {
            key: (value.get(key) or "").strip() for key in ("value", "unit", "label", "source", "source_url")
        }
        return piece.Statistic(block_id, **said) if said["value"] else None


class PictureBlock(blocks.StructBlock):
    image = ImageChooserBlock(
        help_text="Mark the focal point in the picture itself: every crop keeps it in view"
    )
    alt = blocks.CharBlock(
        label="Alt text",
        max_length=1000,
        help_text="What there is to see, for people who cannot see it",
        form_classname="title",
    )
    caption = blocks.CharBlock(required=False, max_length=300)

    class Meta:
        icon = "image"
        template = "cms/blocks/picture.html"
        label_format = "{alt}"
        preview_value = {
            "image": None,
            "alt": "Two volunteers lift a shopping trolley out of the water",
            "caption": "",
        }
        description = "A picture with the words for people who cannot see it."

    def to_piece(self, block_id, value):
        image = value.get("image")
        if image is None:
            return None
        return piece.Picture(
            block_id,
            file=image.to_ref(),
            alt=(value.get("alt") or image.description or "").strip(),
            focus=image.focus(),
            credit=image.credit,
            caption=(value.get("caption") or "").strip(),
        )


class VideoBlock(blocks.StructBlock):
    video = VideoChooserBlock(help_text="The captions file belongs to the video: add it there")
    title = blocks.CharBlock(max_length=120, help_text="Opens every cut as its title card")
    alt = blocks.CharBlock(
        label="Description",
        required=False,
        max_length=1000,
        help_text="What there is to see, for people who cannot see it",
    )

    class Meta:
        icon = "wagtailmedia-video"
        template = "cms/blocks/video.html"
        label_format = "{title}"
        preview_value = {"video": None, "title": "A morning on the river"}
        description = "A video. Short vertical cuts are made from it, with its captions burnt in."

    def to_piece(self, block_id, value):
        video = value.get("video")
        if video is None:
            return None
        return piece.Video(
            block_id,
            file=video.to_ref(),
            title=(value.get("title") or video.title).strip(),
            captions=video.captions_ref(),
            alt=(value.get("alt") or "").strip(),
        )


class RecordingBlock(blocks.StructBlock):
    audio = AudioChooserBlock(
        label="Sound file",
        help_text="A podcast or an interview: MP3, M4A, WAV, FLAC or Ogg. Its captions file belongs to it: add it there",
    )
    title = blocks.CharBlock(max_length=120, help_text="Stands on the picture while it is heard")
    alt = blocks.CharBlock(
        label="Description",
        required=False,
        max_length=1000,
        help_text="What is heard, for people who cannot hear it",
    )

    class Meta:
        icon = "wagtailmedia-audio"
        template = "cms/blocks/recording.html"
        label_format = "{title}"
        preview_value = {"audio": None, "title": "The river, told by those who clean it"}
        description = "A podcast. Short videos are made of it: the title, the sound's waves and the captions."

    def to_piece(self, block_id, value):
        audio = value.get("audio")
        if audio is None:
            return None
        return piece.Recording(
            block_id,
            file=audio.to_ref(),
            title=(value.get("title") or audio.title).strip(),
            captions=audio.captions_ref(),
            alt=(value.get("alt") or "").strip(),
        )


class MusicBlock(blocks.StructBlock):
    audio = AudioChooserBlock(
        label="Music",
        help_text="Heard from its beginning, over again until the film ends. Only what you may use on every platform: "
        "licences for private use do not cover posts",
    )

    class Meta:
        icon = "wagtailmedia-audio"
        template = "cms/blocks/music.html"
        label_format = "{audio}"
        preview_value = {"audio": None}
        description = "Music under films made of this story's cards. The page itself stays silent."

    def to_piece(self, block_id, value):
        audio = value.get("audio")
        return piece.Music(block_id, audio.to_ref()) if audio is not None else None


class CallToActionBlock(blocks.StructBlock):
    text = blocks.CharBlock(max_length=120, help_text="What to do now: “Join us on 12 December”")
    url = blocks.URLBlock(required=False, label="Address", help_text="Where to do it")

    class Meta:
        icon = "pick"
        template = "cms/blocks/call_to_action.html"
        label_format = "{text}"
        preview_value = {"text": "Join us on 12 December", "url": "https://example.org/join"}
        description = "What the reader can do now. Closes threads, cards and films."

    def to_piece(self, block_id, value):
        if not (text := (value.get("text") or "").strip()):
            return None
        return piece.CallToAction(block_id, text, url=(value.get("url") or "").strip())


class StoryBlocks(blocks.StreamBlock):
    heading = HeadingBlock(group="Text", max_length=120)
    paragraph = ParagraphBlock(group="Text")
    key_points = KeyPointsBlock(group="Text")
    quote = QuoteBlock(group="Voices and figures")
    statistic = StatisticBlock(group="Voices and figures")
    picture = PictureBlock(group="Pictures and video")
    video = VideoBlock(group="Pictures and video")
    recording = RecordingBlock(group="Sound")
    music = MusicBlock(group="Sound")
    call_to_action = CallToActionBlock(group="Text")

    class Meta:
        block_counts: ClassVar = {"music": {"max_num": 1}}

    def to_piece(self, stream) -> tuple[piece.Block, ...]:
        """The blocks that say something, in order."""
        made = (
            child.block.to_piece(child.id or f"block-{n}", child.value) for n, child in enumerate(stream, 1)
        )
        return tuple(block for block in made if block is not None)
