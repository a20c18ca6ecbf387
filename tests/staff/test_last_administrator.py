"""There is always an administrator left: nobody takes administration from themselves."""

from points_bank.actor import Role
from tests.bank import Server


async def test_nobody_takes_administration_from_themselves(server: Server) -> None:
    first, second = await server.bank.staff(Role.ADMINISTRATOR, Role.CLERK), await server.bank.staff(Role.ADMINISTRATOR)
    own, other = server.client(await server.bank.token(first)), server.client(await server.bank.token(second))
    listed = (await own.get("/staff")).json()["items"]
    rights = {right["role"]: right["id"] for each in listed if each["id"] == first.id for right in each["rights"]}
    refused = await own.delete(f"/staff/{first.id}/rights/{rights['administrator']}")
    assert (refused.status_code, refused.json()["code"]) == (409, "same_person")
    assert (await own.delete(f"/staff/{first.id}/rights/{rights['clerk']}")).status_code == 204
    assert (await other.delete(f"/staff/{first.id}/rights/{rights['administrator']}")).status_code == 204
    assert (await own.get("/staff")).status_code == 403
