"""What no address may hold."""

import pytest


@pytest.mark.db
@pytest.mark.parametrize("path", ["/moderation/?campaign=%00", "/admin/login/?next=%00"])
def test_a_null_byte_is_refused_before_any_view(client, db, path):
    answer = client.get(path)

    assert answer.status_code == 400
    assert "null byte" in answer.content.decode()
