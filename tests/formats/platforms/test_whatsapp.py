"""WhatsApp's own questions: to whom, and by which template."""

import pytest

from formats.core import options
from formats.core.draft import Level
from formats.registry import FORMATS

pytestmark = pytest.mark.unit
MESSAGE = FORMATS["whatsapp.message"]


def codes(**said):
    answers = options.settled(MESSAGE.options, {"recipients": "+49 151 55501001"} | said)
    found = (*options.findings(MESSAGE.options, answers, {}), *MESSAGE.option_rules(answers))
    assert all(finding.level is Level.BLOCKER for finding in found)
    return [finding.code for finding in found]


def test_who_gets_it_must_be_named():
    assert codes(recipients="") == ["option_recipients_missing"]
    assert codes() == []


def test_numbers_need_their_country_code():
    assert codes(recipients="0151 55501001") == ["recipient_no_number"]


def test_one_message_goes_to_at_most_250_people():
    people = [f"+4915155{n:06}" for n in range(251)]

    assert codes(recipients=", ".join(people[:250])) == []
    assert codes(recipients=", ".join(people)) == ["too_many_recipients"]


def test_template_has_a_name_of_its_kind():
    assert codes(template="river_news_2") == []
    assert codes(template="River News") == ["template_name"]
