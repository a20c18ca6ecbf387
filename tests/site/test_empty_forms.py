"""Forms that nobody's browser would send, without the fields that stand on the page."""

from uuid import uuid4

from points_bank.actor import Role
from tests.bank import Server


async def test_a_year_without_its_year_is_refused(server: Server) -> None:
    token = await server.bank.token(await server.bank.staff(Role.ADMINISTRATOR))
    hidden = {"form_proof": server.bank.database.keys.digest("form", token).hex()[:32], "form_key": uuid4().hex}
    answer = await (await server.browser(token)).post("/admin/calendar/days", data=hidden)
    assert answer.status_code == 422
    assert 'name="year"' in answer.text
