"""The scripts test sheet: the same cards in nine scripts, looked at by people, then pinned by what they look like.

The numbers are a difference hash (dHash) of the words: whether each of 32 × 24 fields is brighter than the next. Other
builds of FreeType move a handful of bits; another shape, order or break moves dozens. After a change that is meant,
look at the cards and write the new numbers: ``python -m tests.media.test_scripts`` prints them and draws the sheet.
"""

import os

import pytest
from PIL import Image

from media import cards, lettering, typefaces

pytestmark = pytest.mark.unit

SIZE = (32, 24)
MOVED = 12  # of 768 bits
LOOK = {
    "colour": "#0b5c63",
    "ink": "#ffffff",
    "paper": "#ffffff",
    "text": "#14201f",
    "logo": None,
    "name": "",
}
SAID = {
    "en": ("Two hundred neighbours, four tonnes", "I have never seen it so clear."),
    "de": ("Zweihundert Freiwillige, vier Tonnen Müll", "Straßenbegleitgrün – größer als je zuvor."),
    "ar": ("مئتا متطوع وأربعة أطنان من النفايات", "لم أر النهر بهذا الصفاء من قبل، منذ 1994."),
    "he": ("מאתיים מתנדבים וארבעה טונות אשפה", "מעולם לא ראיתי את הנהר כל כך נקי (מאז 1994)."),
    "hi": ("दो सौ स्वयंसेवकों ने नदी से चार टन कचरा निकाला", "मैंने नदी को इतना साफ़ कभी नहीं देखा।"),
    "th": ("อาสาสมัครสองร้อยคนช่วยกันเก็บขยะสี่ตันจากแม่น้ำ", "ฉันไม่เคยเห็นแม่น้ำใสขนาดนี้มาก่อน"),
    "ja": (
        "ボランティア二百人が川から四トンのごみを拾いました",
        "こんなにきれいな川を見たことがありません。",
    ),
    "ko": ("자원봉사자 이백 명이 강에서 쓰레기 4톤을 치웠습니다", "이렇게 맑은 강은 처음 봅니다."),
    "emoji": ("River day 🌊🎉 👩🏽‍🔧 🇬🇧 1️⃣", "Thank you ❤️ to all 👨‍👩‍👧‍👦!"),
}
PINNED = {
    "en": {
        "cover": (
            "180000000000000000000000300c0080744d48e8546f4b6846ab66524aea6b524a6aeb480000000000000000011b0000"
            "68599558a4b4b5b8acb66598a4f4b58eacb491940060000460000000600c0000596d32dc296ada5c294adacc5b415a4c"
        ),
        "quote": (
            "980000009800000098000000980000009800000098000000980000009800000000000000000000000000000000000000"
            "4000000069da95aa4c9621405694a99a4ad651aa00000000000000000020000094ea8000b48b80003ab3000014ca0000"
        ),
        "text": (
            "4188000865a8000c26a00006b2b000043b28000000000000000000020000000250082005d489aa5458889ac92aa8b49d"
            "b54f18d1b5319011803000000000000000000000000000000000000000000004000104052ac6ae05a438a6858530ae0"
        )},
    "de": {
        "cover": (
            "30000000000000000000000060100410321825185a9a6d5845d29350e593b358649bad58000000000000000061818018"
            "d4a1b61452b1de22d7714e67d751b5279551151500003100600028e060002ae052492de06d991de06d9955e05d895be0"
        ),
        "quote": (
            "b0000000b000000030000000b0000000b0000000b0000000b00000000000000000000000000000000000000086104860"
            "48aad558acc553138d554b31aa9a9320000183000000000024090000fd1952d095349a80aab295209534d54880010000"
        ),
        "text": (
            "409e660c655526a450adb644d949b6a0000000900000000cc01c800a52ac8004450c8006558900000000000000000000"
            "0000000000000000000000066cd6160757255a87549936800188300000000003400000074c000006560000065000000"
        )},
    "ar": {
        "cover": (
            "10000000000c0000020c0000020c06020204060242846662e2a6615a57934b5a56b37b4a42e34558515b4eb9b0124800"
            "00325800009030024094300242d4640b4294648b69b662c329956ac34935abd3674aaa9060200e1c0020060c0"
        ),
        "quote": (
            "120000001200000032000000320000003200000032000000320000000000000000000000000000001005100091051045"
            "91a9614c92eb210d140a438a560000d42400000004000ea40b000d240b0006a48b001d64a9001ebd3e00000010"
        ),
        "text": (
            "100000001000000010000000100000001000000010000000120892241684a8bd14b194ed1448289415984f5919509c51"
            "100ea868100000001000000010000000100000001000000010000000100000001000000010000000100000001"
        )},
    "he": {
        "cover": (
            "100000000000000000000000055c994559692ada6b2b6acaaa692889266519895000000000000000001b7949401b69c5"
            "401a6ad4201a6a94201b5aa4a0215a648000000000000000000000346000001c400000495000005170000044a"
        ),
        "quote": (
            "1a0000001200000012000000120000001a0000001a0000001a00000000000000000000000000000000000004405b1a54"
            "a396531aea92d91ae4b289908b00000000000000000550200c0654cc5405950b7504b52d750d54c56504002460"
        ),
        "text": (
            "100000001000000010000000100000001000000010000000100950a1100d649290f2caad10a8b2ca1243625092525248"
            "900050a8100000001000000010000000100000001000000010000000100000001000000010000000100000001"
        )},
    "hi": {
        "cover": (
            "180000000000000030401b01106019001066952452a4b52692a2d5b652a4952630a495246021000060318000205180c1"
            "22528ac922d29a99a2519b91a2528a9923528a8900030000000580000034801823349258b6a4885052a4995033249ad0"
        ),
        "quote": (
            "98000000900000009000000090000000900000009000000098000000980000000000000000000000a0860000a0860000"
            "869ada783698d25e2518cc4e9298d37a00804004000200000832000009a30000a5a2a00091a380009dd2c00000610000"
        ),
        "text": (
            "9838d1809a285380b28a568032151600b315158092a39280800000808000300080002000b15aab402d5aac40a9da32c0"
            "355aae80914aab000000000000000000000000000000000023400328226003286456ab6a64d6aa4d6652aa4a2652ab6a"
        )},
    "th": {
        "cover": (
            "300000000000000000040000000600005335a56052a4a520d2a5a630d24c96205624ad60000000004001030460010304"
            "56ce9244c66b674c66ed674c564a164d52da96d500c0001600d80016d8daaa57dc9aae49da9a264d8d9aa64d59b6a4a5"
        ),
        "quote": (
            "98000000980000009000000090000000900000009000000098000000980000000000000000000000000000609a01816c"
            "9a01816d996b9cb7994b1ca7b8c38c66aa8aad46004000000041800000c180001acd500098cd70009dccd000aad6d800"
        ),
        "text": (
            "1806010138460105a56b53a92655cb62d52a9446d72b55a0004001008040050880d0050a92d255029ae65282dad6e204"
            "6b2ab5056aaab5000000000000000000000000000000000000080402a31a0442a31a0c46a2552b17aa53ba964aaa96d"
        )},
    "ja": {
        "cover": (
            "180000000000000029b06018389462103084e630a98cd4602330844000d8296211d8a5510299a479029d656212a5d430"
            "12a4d1a11a20c9233a14e7335994a031ca88a8599a196ab380000020148d8600348d8f00548d8b00b38d2d00bb1cc300"
        ),
        "quote": (
            "a00000002000000020000000200000002000000020000000a0000000200000000000000000000000000000009534955a"
            "a4d4d19a2634d9db2434b15a3684b952b45595590000000006a20000a496d000b4a29000268ad0006d96b000b594c800"
        ),
        "text": (
            "f584b280b596b28016b43280b4959580000008004594928064d586c04652850064d4d2c08490000004b0000024b00000"
            "a4c0000084b000000000000000000000000000002a28aa224a2aaa0b62accb44000000006aa000006aa000006ab00000"
        )},
    "ko": {
        "cover": (
            "300000000000000034a22110662ae53064aaa3505662b37072666710acaa2510266221100000000055359aaaa5259aa9"
            "ab219a9c4b5139282515582a511dd8ce3130980c04c27422454674aa4cc66aba6c6662bbc4472aaa584a2aaa04626a22"
        ),
        "quote": (
            "8c0000008c000000880000009800000088000000880000008c0000008c000000000000000000000000000000a8363184"
            "aec76dd9684631a42ca2a1e8aea2a0a82c3230cc00000000ac48cc00aa6ae400ac72ec00a872ec006a6a34002a68cc00"
        ),
        "text": (
            "a0b6934d352598526536994b2526955ab5849251ac965149a492514d120050d0b6eda56034ada450a4a8e450d7ad9350"
            "b28d746092ec74d0000000000000000000000000000000000000000012a574a07aa4444072ab5420688c55401aa634a0"
        )},
    "emoji": {
        "cover": (
            "180000000000000000000000000000006801800038018000bc59a600a6db260066d32600a2d36400a2d16c00b2536c00"
            "00000c0000a108011891800d3ad1854b5831874368b1c2c37151ecc37171a643b171a4c399d16c4319b169490b1d6008"
        ),
        "quote": (
            "b0000000b0000000300000002000000030000000b0000000b0000000b0000000b0000000b00000000000000000000000"
            "0000000000000000000000000000801c0201a86b4201886a555188aa6a688a8873688a887254cd8c4a54c98c0040c018"
        ),
        "text": (
            "6440e408544c7008644e559c64ca5d9464cc5296646e5a596ccd5a9564cc509d64e6700271e0e0020000400000000000"
            "000000000000000000000000000000004060061060b0065269a003d66da002d46d2002d62da002962d20000c20600"
        )},
}  # fmt: skip


def card_of(script, template):
    headline, body = SAID[script]
    text = {
        "cover": {"headline": headline},
        "quote": {"body": body},
        "text": {"headline": headline, "body": f"• {body}"},
    }
    return {
        "kind": "card", "version": 1, "template": template, "size": [540, 675], "format": "png", "source": None,
        "text": text[template], "look": LOOK, "language": "en" if script == "emoji" else script, "safe": [0] * 4,
    }  # fmt: skip


def dhash(image):
    """The hash of what is not ground: the picture cut to the box of its words."""
    grey = image.convert("L").crop((30, 0, image.width, image.height))
    ground = grey.getpixel((2, grey.height - 2))
    box = grey.point([0 if abs(value - ground) < 24 else 255 for value in range(256)]).getbbox()
    small = grey.crop(box).resize((SIZE[0] + 1, SIZE[1]), Image.Resampling.BOX)
    pixels = small.load()
    bits = "".join("01"[pixels[x, y] > pixels[x + 1, y] + 2] for y in range(SIZE[1]) for x in range(SIZE[0]))
    return int(bits, 2)


def apart(one, other):
    return (one ^ other).bit_count()


def seen(script, template="quote"):
    return dhash(cards.draw_card(card_of(script, template), None))


@pytest.mark.parametrize("script", SAID)
def test_looks_as_it_did_when_people_looked_at_it(script):
    if script == "emoji" and not any(face.kind == "bitmap" for face in typefaces.faces()):
        missing = (
            "no font of emoji in colour is installed (fonts-noto-color-emoji): they are drawn in one colour"
        )
        (pytest.fail if os.environ.get("CI") else pytest.skip)(missing)
    for template, pinned in PINNED[script].items():
        assert apart(seen(script, template), int(pinned, 16)) <= MOVED, template


@pytest.mark.parametrize("script", ["ar", "hi", "th"])
def test_the_hash_notices_text_that_is_set_wrong(script, monkeypatch):
    """Otherwise the pins would hold nothing: the same words without shaping are far away."""
    right = seen(script, "text")
    caches = (typefaces.load, lettering.shape)
    monkeypatch.setattr(typefaces, "can_shape", lambda: False)
    monkeypatch.setattr(typefaces, "refuse_unshapeable", lambda text: None)
    for each in caches:
        each.cache_clear()
    try:
        wrong = seen(script, "text")
    finally:
        for each in caches:
            each.cache_clear()

    assert apart(right, wrong) > 3 * MOVED


if __name__ == "__main__":
    sheet = Image.new("RGB", (540 * len(SAID), 675 * 3))
    for column, script in enumerate(SAID):
        rows = {}
        for row, template in enumerate(("cover", "quote", "text")):
            sheet.paste(cards.draw_card(card_of(script, template), None), (column * 540, row * 675))
            rows[template] = f"{seen(script, template):x}"
        print(f'    "{script}": {rows},')
    sheet.save("scripts.png")
