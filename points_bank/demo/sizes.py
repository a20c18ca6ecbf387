"""How much there is in a large demo. The figures are those of real places, or invented where there is no source."""

import msgspec


class LargeSizes(msgspec.Struct, frozen=True):
    """A year of a district. `hubs` are households of Party members below estates; `items` what all exchanges had.

    `mediation` and `publicity` are among `activities`, the others are service.
    """

    code: str
    name: str
    subdistricts: int
    communities: int
    estates: int
    hubs: int
    members: int
    party_members: int
    activities: int
    mediation: int
    participations: int
    redemptions: int
    items: int
    rewards: int
    sponsors: int

    @property
    def publicity(self) -> int:
        return self.activities // 5


LONGXU = LargeSizes(
    code="LX", name="龙圩区", subdistricts=4, communities=9, estates=157, hubs=20, members=9_000, party_members=1_700,
    activities=800, mediation=120, participations=9_600, redemptions=1_800, items=2_600, rewards=30, sponsors=57,
)  # fmt: skip
LIWAN = LargeSizes(
    code="LW", name="荔湾区", subdistricts=22, communities=194, estates=2_400, hubs=900, members=150_000,
    party_members=20_000, activities=40_000, mediation=2_000, participations=480_000, redemptions=70_000,
    items=110_000, rewards=60, sponsors=300,
)  # fmt: skip

LARGE = {"longxu": LONGXU, "liwan": LIWAN}
