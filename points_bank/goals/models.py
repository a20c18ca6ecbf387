"""The table of goals."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from points_bank.columns import instant, refers_to


class Goal(SQLModel, table=True):
    """What a member saves for at present; choosing another one replaces it."""

    member_id: int = Field(primary_key=True, foreign_key="member.id")
    reward_id: int = refers_to("reward.id")
    desk_id: int = refers_to("desk.id")
    chosen_at: datetime = instant()
