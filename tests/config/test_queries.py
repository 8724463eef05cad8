"""What no address may hold."""

import pytest


@pytest.mark.db
@pytest.mark.parametrize("path", ["/moderation/?campaign=%00", "/admin/login/?next=%00/admin/%00"])
def test_a_null_byte_is_left_out_before_any_view(client, db, path):
    answer = client.get(path)

    assert answer.status_code == 200
    assert "\0" not in answer.content.decode()
    assert all("\0" not in value for value in answer.wsgi_request.GET.values())
