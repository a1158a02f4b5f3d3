"""`voxd chimes`: the chimes that announcements can name, and which are heard without being named."""

import asyncio

from voxd.announcing.studio.chime_book import ChimeBook
from voxd.errors import BadRequestError
from voxd.paths import paths_in_force
from voxd.settings import Settings


def show(settings: Settings) -> None:
    """Print a line for each chime, or what is wrong with it, then the usual ones and where files are looked for."""
    folder = paths_in_force(settings.paths).chimes
    book = ChimeBook(folder)
    for name in book.names():
        print(asyncio.run(_line(book, name)))
    for priority, usual in settings.announcements.chimes:
        print(f"{priority} announcements: {usual or 'no chime'}{_remark(book, usual)}")
    print(f"Sound files in {folder} are chimes, too")


async def _line(book: ChimeBook, name: str) -> str:
    origin = str(book.file(name) or "of voxd")
    try:
        chime = await book.chime(name)
    except BadRequestError as error:
        return f"{name}: {error}"
    return f"{name}  ({chime.sound.duration_s:.1f} s, {origin})"


def _remark(book: ChimeBook, name: str | None) -> str:
    return "" if name is None or name in book.names() else ", which there is none of"
