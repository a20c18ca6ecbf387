"""A district without a demo, served: its people of the stories sign in with passwords and PINs and use the pages."""

from dataclasses import dataclass
from typing import Any

from points_bank.actor import SYSTEM, Role
from points_bank.demo.filling import DemoDistrict, Figures, SampleMember
from points_bank.staff.passwords import hash_password
from points_bank.staff.people import create_staff, grant_right
from tests.bank import at
from tests.pages.counter import scan
from tests.pages.reader import Reader, Site
from tests.stories.district import District, post

PASSWORD = "wei-min-fu-wu"
NOBODY = DemoDistrict("", at("2026-10-12 10:00"), PASSWORD, [], SampleMember(0, "", "", ""), Figures(0, 0, 0, 0, 0, 0))
"""There is no demo in these banks."""


@dataclass
class Town:
    """`district` speaks HTTP, for what a story only presupposes."""

    district: District
    site: Site

    async def employ(self, login: str, role: Role) -> None:
        """Somebody who works in the community with that role."""
        database, hashed = self.site.database, hash_password(PASSWORD)
        person = await database.write(
            create_staff, login=login, name=login, password_hash=hashed, member_id=None, by=SYSTEM
        )
        branch_id = self.district.community.id
        await database.write(grant_right, person.id, role=role, branch_id=branch_id, by=SYSTEM)

    async def office(self, login: str, **look: Any) -> Reader:
        """A computer at which somebody has signed in, today: nobody stays signed in for weeks."""
        return await (await self.site.reader(**look)).sign_in(login)

    async def counter(self, login: str, desk_id: int, card_no: str) -> Reader:
        """A desk with somebody's card on the scanner."""
        tablet = await self.office(login, width=1024, height=768)
        await tablet.go(f"/desk/{desk_id}")
        await scan(tablet, card_no)
        return tablet

    async def phone_of(self, person: dict[str, Any]) -> Reader:
        """A phone on which somebody has signed in with the PIN from the desk."""
        slip = await post(self.district.clerk, f"/members/{person['id']}/pin", status=201)
        return await self.phone(person["card_no"], slip["pin"])

    async def phone(self, card_no: str, pin: str) -> Reader:
        phone = await self.site.reader(width=360, height=740)
        await phone.go("/sign-in")
        await phone.fill(number=card_no, pin=pin)
        await phone.press("打开")
        return phone
