"""What is signed and handed out: certificates, and reports that go upward; and messages that were read."""

from datetime import date, timedelta

from points_bank.actor import Actor
from points_bank.certificates.issuing import ask_for_certificate, issue_certificate, revoke_certificate
from points_bank.clock import PeriodKind, period_of
from points_bank.demo.neighbourhood import Deeds, Neighbourhood
from points_bank.demo.people import Resident
from points_bank.messages.reading import messages_of, read_message
from points_bank.reports.signing import sign_report

DAY = timedelta(days=1)


class Papers:
    """The deeds with a signature."""

    def __init__(self, here: Neighbourhood) -> None:
        self._here, self._write = here, here.database.write
        self.deeds: Deeds = {
            70: [self.certify_a_wrong_name],
            62: [self.revoke_the_certificate],
            45: [self.sign_up_to_the_district],
            30: [self.certify_the_sample],
            10: [self.sign_up_to_the_town],
            5: [self.read_a_message],
            3: [self.certify_somebody_else],
            2: [self.ask_for_a_certificate],
        }

    async def certify_a_wrong_name(self, on: date) -> None:
        self._here.examples.revoked_certificate_no = await self._certify(self._core(0))

    async def revoke_the_certificate(self, on: date) -> None:
        number, reason = self._here.examples.revoked_certificate_no, self._here.reasons.misspelt
        await self._write(revoke_certificate, number, reason=reason, by=self._here.communities[0].approver)

    async def certify_the_sample(self, on: date) -> None:
        self._here.examples.certificate_no = await self._certify(self._here.sample)

    async def certify_somebody_else(self, on: date) -> None:
        """Announced so far: it counts after a week."""
        self._here.examples.announced_certificate_no = await self._certify(self._core(1))

    async def ask_for_a_certificate(self, on: date) -> None:
        await self._write(ask_for_certificate, by=self._core(0).actor)

    async def sign_up_to_the_district(self, on: date) -> None:
        """The report of the month before: everybody signs."""
        await self.sign_up_to_the_town(on)
        await self._sign(self._here.district.branch.id, on, self._here.district.administrator)

    async def sign_up_to_the_town(self, on: date) -> None:
        """The communities first; of the district's, the last signature is still to come."""
        for community in self._here.communities:
            await self._sign(community.branch.id, on, community.approver)
        town_id = self._here.communities[0].branch.parent_id
        assert town_id is not None, "a community lies in a town"
        await self._sign(town_id, on, self._here.district.secretary)

    async def read_a_message(self, on: date) -> None:
        """The first one of the member that is shown; the others are unread."""
        sample = self._here.sample
        *_, first = await self._here.database.read(
            messages_of, sample.id, is_unread=True, before_id=None, limit=50, by=sample.actor
        )
        await self._write(read_message, first.id, by=sample.actor)

    def _core(self, place: int) -> Resident:
        """The last of the few who give most of the time, in that community."""
        code = self._here.communities[place].branch.code
        return [each for each in self._here.residents if each.person.is_core and each.community == code][-1]

    async def _certify(self, resident: Resident) -> str:
        by = self._here.community_of(resident).recorder
        return (await self._write(issue_certificate, resident.id, by=by)).number

    async def _sign(self, branch_id: int, on: date, by: Actor) -> None:
        last_month = period_of(period_of(on, PeriodKind.MONTH).first_on - DAY, PeriodKind.MONTH)
        await self._write(sign_report, last_month.name, branch_id=branch_id, by=by)
