"""Pictures of rewards: looked at as pictures, made anew without what a camera wrote into them, kept small."""

import hashlib
import io
from collections.abc import Sequence

import msgspec
import sqlalchemy as sa
from PIL import Image, ImageOps

from points_bank import audit
from points_bank.actor import Actor, Task
from points_bank.branches.tree import branch_of
from points_bank.columns import given, table_of
from points_bank.errors import Invalid, NotFound, message
from points_bank.rewards.models import Reward, RewardPicture
from points_bank.transaction import Transaction

PICTURE, REWARD = table_of(RewardPicture), table_of(Reward)

MOST_BYTES = 10_000_000
MOST_PIXELS = 50_000_000
SIDE_PIXELS = 720
QUALITY = 82
KINDS = ("JPEG", "PNG", "WEBP", "GIF")
BROKEN = (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError, Image.DecompressionBombWarning)
"""What Pillow raises for what is no picture, or half of one."""

NO_PICTURE = message("This is no picture: a JPEG, PNG, WebP or GIF file is needed.")
TOO_LARGE = message("The picture is too large: at most 10 MB and 50 million pixels.")


class Picture(msgspec.Struct, frozen=True):
    """A JPEG that was made here; `digest` names its content."""

    content: bytes
    digest: str


class PictureKept(msgspec.Struct, frozen=True):
    digest: str


_OF_REWARD = sa.select(REWARD.c.branch_id).where(*given(REWARD, "id"))
_FORGET = sa.delete(PICTURE).where(*given(PICTURE, "reward_id"))
_ADD = sa.insert(PICTURE)
_CONTENT = sa.select(PICTURE.c.content).where(*given(PICTURE, "digest")).limit(1)
_DIGESTS = sa.select(PICTURE.c.reward_id, PICTURE.c.digest).where(
    PICTURE.c.reward_id.in_(sa.bindparam("reward_ids", expanding=True))
)


def made_anew(sent: bytes) -> Picture:
    """A picture that somebody sent, as a small JPEG: turned upright, on white, with nothing but what is to be seen.

    Takes a while: call it in a thread. Refuses `invalid` what is no picture, and one that is too large.
    """
    if len(sent) > MOST_BYTES:
        raise Invalid({"picture": TOO_LARGE})
    try:
        with Image.open(io.BytesIO(sent), formats=KINDS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise Invalid({"picture": TOO_LARGE})
            opened.draft("RGB", (2 * SIDE_PIXELS, 2 * SIDE_PIXELS))
            upright = ImageOps.exif_transpose(opened).convert("RGBA")
    except BROKEN:
        raise Invalid({"picture": NO_PICTURE}) from None
    upright.thumbnail((SIDE_PIXELS, SIDE_PIXELS))
    paper = Image.new("RGB", upright.size, "white")
    paper.paste(upright, mask=upright)
    content = io.BytesIO()
    paper.save(content, "JPEG", quality=QUALITY, optimize=True)
    return Picture(content.getvalue(), hashlib.sha256(content.getvalue()).hexdigest()[:24])


def keep_picture(tx: Transaction, reward_id: int, *, picture: Picture, by: Actor) -> PictureKept:
    """Make this the picture of a reward, in place of the one it had."""
    _require(tx, reward_id, by)
    tx.run(_FORGET, reward_id=reward_id)
    tx.run(_ADD, reward_id=reward_id, content=picture.content, digest=picture.digest, kept_at=tx.now)
    audit.note(tx, by, f"reward:{reward_id}", "picture")
    return PictureKept(picture.digest)


def remove_picture(tx: Transaction, reward_id: int, *, by: Actor) -> None:
    """Take a reward's picture away, if it has one."""
    _require(tx, reward_id, by)
    if tx.run(_FORGET, reward_id=reward_id):
        audit.note(tx, by, f"reward:{reward_id}", "picture")


def picture_content(tx: Transaction, digest: str) -> bytes:
    """A picture by its digest, for everyone. Refuses `not_found`."""
    content: bytes | None = tx.scalar(_CONTENT, digest=digest)
    if content is None:
        raise NotFound
    return content


def pictures_of(tx: Transaction, reward_ids: Sequence[int]) -> dict[int, str]:
    """The addresses of pictures by reward, for those that have one."""
    rows = tx.all(_DIGESTS, reward_ids=sorted(set(reward_ids))) if reward_ids else ()
    return {row.reward_id: f"/pictures/{row.digest}.jpg" for row in rows}


def _require(tx: Transaction, reward_id: int, by: Actor) -> None:
    branch_id = tx.scalar(_OF_REWARD, id=reward_id)
    if branch_id is None:
        raise NotFound
    by.require(Task.ADMINISTER, branch_of(tx, branch_id).path)
