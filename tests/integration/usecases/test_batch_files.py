"""Files of drafts: stored in pieces while they arrive, and gone with their draft, or where no draft gets them."""

from collections.abc import Iterable, Iterator

import pytest
import sqlalchemy as sa

from dragoman.dialects.kit import json
from dragoman.domain.batch_draft import KEPT_SECONDS, MOST, PIECE_BYTES, Draft
from dragoman.domain.bulk import Method
from dragoman.domain.errors import Conflict, Invalid, NotFound, TooLarge, Unavailable
from dragoman.store import tables
from dragoman.usecases.batches import drafts
from dragoman.usecases.batches.content import files, staging, uploads
from dragoman.usecases.batches.content.files import FileUpload, Stored
from dragoman.usecases.batches.content.uploads import CSV, NDJSON
from dragoman.usecases.batches.lifecycle import NewBatch
from tests.integration.usecases.test_uploads import do
from tests.support.batches import BatchWorld
from tests.support.databases import BACKENDS, Databases
from tests.support.world import World

ROWS = b"".join(b"%d,%b\n" % (n, b"x" * 90) for n in range(8_000))
LARGE = b"id,title\n" + ROWS
TOO_MANY = 1_000_000


@pytest.fixture(scope="module", params=BACKENDS)
def opened(request: pytest.FixtureRequest, databases: Databases) -> Iterator[World]:
    with databases.lent(request.param) as url:
        opened = World(url)
        yield opened
        opened.close()


@pytest.fixture
def world(opened: World, request: pytest.FixtureRequest) -> BatchWorld:
    """A tenant of the test's own."""
    return BatchWorld.beside(opened, request.node.name)


def upload(name: str = "a.csv", most: int = TOO_MANY) -> FileUpload:
    return FileUpload(name, json.parse, most=most)


def cut(content: bytes, size: int = 60_000) -> Iterable[bytes]:
    return (content[at : at + size] for at in range(0, len(content), size))


def store(world: BatchWorld, receiving: FileUpload, content: bytes, size: int = 60_000) -> Stored:
    """Store a file that no draft has yet."""
    for piece in cut(content, size):
        do(world, receiving.take(piece))
    do(world, receiving.finish())
    return receiving.order()


def staged(world: BatchWorld, content: bytes = LARGE, name: str = "a.csv") -> Stored:
    return store(world, upload(name), content)


def checked(check: files.Check, content: bytes, size: int = 60_000) -> None:
    for piece in cut(content, size):
        check.take(piece)
    check.finish()


def drafted(world: BatchWorld, file: str | None = None) -> Draft:
    file = file or staged(world).uid
    made: Draft = world.core(lambda uow: drafts.add(uow, drafts.Add({}, file)), world.anna)
    return made


def texts(world: BatchWorld) -> list[tuple[str, int, str]]:
    """All pieces that the tenant has."""
    F = tables.batch_draft_file.c  # noqa: N806 - as repositories call their columns
    mine = sa.select(F.file, F.place, F.text).where(F.tenant == world.tenant).order_by(F.file, F.place)
    return [tuple(row) for row in world.core(lambda uow: uow.file_pieces.by_condition(mine).all())]


def read(world: BatchWorld, draft: Draft, place: int, file: str = "") -> str | None:
    command = drafts.ReadFile(draft.uid, file or draft.file or "", place)
    text: str | None = world.core(lambda uow: drafts.read_file(uow, command), world.anna)
    return text


@pytest.mark.parametrize("size", [1_000, 60_000, 10 * PIECE_BYTES])
def test_a_file_is_stored_in_pieces_of_whole_lines(world: BatchWorld, size: int) -> None:
    receiving, held = upload(), 0
    for piece in cut(b"\xef\xbb\xbf" + LARGE, size):
        steps = list(receiving.take(piece))
        stored = sum(len(command.text) for _, command in steps if isinstance(command, staging.StagePiece))
        held += len(piece) - stored
        assert held < PIECE_BYTES
        do(world, steps)
    do(world, receiving.finish())
    file = receiving.order()
    draft = drafted(world, file.uid)
    pieces = [read(world, draft, place) for place in range(4)]
    assert "".join(text or "" for text in pieces) == LARGE.decode()
    assert [text is not None and text.endswith("\n") and len(text) <= PIECE_BYTES for text in pieces] == [
        True, True, True, False,
    ]  # fmt: skip
    assert (file.media, file.size, file.names, len(file.rows)) == (CSV, 8_000, ("id", "title"), 5)


def test_a_line_longer_than_a_piece_is_a_piece(world: BatchWorld) -> None:
    long = b'7,"' + b"x\n" * PIECE_BYTES + b'"\n'
    staged(world, b"id,title\n" + long + b"8,\xc3\xa9")
    assert "".join(text for *_, text in texts(world)) == f"id,title\n{long.decode()}8,é"
    one = b'"' + b"y" * (PIECE_BYTES + 9) + b'"\n'
    assert len(texts(world)) == 3
    staged(world, b'{"entry": 1}\n"z"\n' + one, "rows")
    assert max(len(text) for *_, text in texts(world)) == len(one)


@pytest.mark.parametrize(
    ("name", "begin", "media"),
    [
        ("a.ndjson", b"7\n", NDJSON),
        ("a.JSONL", b"7\n", NDJSON),
        ("a.txt", b'\xef\xbb\xbf \n{"entry":7}\n', NDJSON),
        ("a.txt", b"id\n7\n", CSV),
        ("", b'"id"\n7\n', CSV),
        ("a.csv", b"{\n7\n", CSV),
    ],
)
def test_the_media_shows_by_the_name_or_else_by_the_beginning(
    world: BatchWorld, name: str, begin: bytes, media: str
) -> None:
    file = store(world, upload(name), begin, 1)
    assert (file.media, file.size) == (media, 1)


def test_lines_of_json_show_their_first_entries_and_all_members(world: BatchWorld) -> None:
    lines = [b'{"entry": %d, "data": {"a": 1}}\n' % n for n in range(6)] + [b'{"entry": 7, "data": {"b": 1}}\n']
    file = staged(world, b"".join(lines), "a.ndjson")
    assert (file.size, file.entries, file.members) == (7, [(n, {"a": 1}) for n in range(5)], ["a", "b"])


@pytest.mark.parametrize("late", [b"1\n", b"1,\xff\n", b"1,a\0\n", b'1,"' + b"x\n" * PIECE_BYTES + b'\xff"\n', b'1,"a'])
def test_nothing_stays_of_a_file_with_a_late_fault(world: BatchWorld, late: bytes) -> None:
    receiving = upload()
    with pytest.raises(Invalid) as refused:
        store(world, receiving, LARGE + late + ROWS)
    assert len(texts(world)) >= 2
    assert (refused.value.code, refused.value.problems[0].line) == ("invalid_upload", 8_002 + late.count(b"x\n"))
    do(world, receiving.abandon())
    assert texts(world) == []


def test_more_entries_than_allowed_end_the_reading(world: BatchWorld) -> None:
    receiving = upload(most=7_999)
    with pytest.raises(TooLarge):
        store(world, receiving, LARGE + ROWS)
    do(world, receiving.abandon())
    assert texts(world) == []


def test_a_file_without_a_draft_goes_when_its_lease_runs_out(
    world: BatchWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = 0.0
    monkeypatch.setattr(files, "uptime", lambda: at)
    receiving = upload()
    do(world, receiving.take(LARGE))
    world.clock.advance(staging.LEASE_SECONDS * 0.6)
    at = uploads.RENEW_SECONDS + 1
    assert do(world, receiving.take(b"7")) == 1
    world.clock.advance(staging.LEASE_SECONDS * 0.6)
    world.run_jobs()
    assert len(texts(world)) == 2
    world.clock.advance(staging.LEASE_SECONDS)
    world.run_jobs()
    assert texts(world) == []
    with pytest.raises(Unavailable):
        drafted(world, receiving.uid)


def test_a_draft_keeps_its_file(world: BatchWorld) -> None:
    draft = drafted(world)
    world.clock.advance(2 * staging.LEASE_SECONDS)
    world.run_jobs()
    assert len(texts(world)) == 3
    with pytest.raises(NotFound):
        world.core(
            lambda uow: drafts.read_file(uow, drafts.ReadFile(draft.uid, draft.file or "", 0)), world.add("bert")
        )


@pytest.mark.parametrize("at_once", [2, staging.AT_ONCE])
def test_a_draft_takes_its_file_along(world: BatchWorld, monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr(staging, "AT_ONCE", at_once)

    draft = drafted(world)
    world.core(lambda uow: drafts.discard(uow, drafts.Discard(draft.uid)), world.anna)
    assert len(texts(world)) == (1 if at_once == 2 else 0)
    world.run_jobs()
    assert texts(world) == []
    drafted(world)
    world.clock.advance(KEPT_SECONDS + 1)
    other = world.core(lambda uow: drafts.add(uow, drafts.Add({})), world.anna)
    world.run_jobs()
    assert texts(world) == []
    filled = drafts.Fill(other.uid, {}, None, staged(world).uid)
    world.core(lambda uow: drafts.fill(uow, filled), world.anna)
    for _ in range(MOST):
        world.clock.advance(1)
        world.core(lambda uow: drafts.add(uow, drafts.Add({})), world.anna)
    world.run_jobs()
    assert texts(world) == []


def test_a_file_takes_the_place_of_the_one_before(world: BatchWorld) -> None:
    draft, other = drafted(world), staged(world, b"id\n7\n").uid
    world.core(lambda uow: drafts.fill(uow, drafts.Fill(draft.uid, {"a": "b"}, draft.file, other)), world.anna)
    assert texts(world) == [(other, 0, "id\n7\n")]
    for late in (
        lambda uow: drafts.fill(uow, drafts.Fill(draft.uid, {}, draft.file, draft.file)),
        lambda uow: drafts.read_file(uow, drafts.ReadFile(draft.uid, draft.file or "", 0)),
    ):
        with pytest.raises(Conflict, match="another file"):
            world.core(late, world.anna)
    after = world.core(lambda uow: drafts.fill(uow, drafts.Fill(draft.uid, {"a": "c"}, other)), world.anna)
    assert (after.content, after.file, texts(world)) == ({"a": "c"}, None, [])


def test_a_draft_that_is_sent_leaves_no_file(world: BatchWorld) -> None:
    draft = drafted(world)
    order = NewBatch(Method.PATCH, "task", "id", "[7]", '{"priority":1}', review=True, size=1)
    world.core(lambda uow: drafts.send(uow, drafts.Send(draft.uid, order)), world.anna)
    assert texts(world) == []


HEADER = b'id,"a\n""b""",\xc3\xa9'


@pytest.mark.parametrize("size", [1, 3, 7, 1_000])
@pytest.mark.parametrize("lead", [b"", b"\n\r\n"])
def test_columns_are_renamed_whatever_their_names_are(lead: bytes, size: int) -> None:
    check = files.Check(files.reader(CSV, json.parse, ["#", "id", "title"]), TOO_MANY)
    with pytest.raises(Invalid) as refused:
        checked(check, lead + HEADER + b"\r\n0,7,x\n0,8,\n0", size)
    assert check.first == [("7", {"title": "x"}), ("8", None)]
    [problem] = refused.value.problems
    assert (problem.code, problem.line) == ("ragged_row", 5 + lead.count(b"\n"))


@pytest.mark.parametrize(("header", "code"), [(b'id,a"b', "bad_quote"), (b"id,\xff", "bad_encoding")])
def test_a_header_that_cannot_be_read_has_its_fault(header: bytes, code: str) -> None:
    check = files.Check(files.reader(CSV, json.parse, ["id", "#"]), TOO_MANY)
    with pytest.raises(Invalid) as refused:
        checked(check, header + b"\n7,x\n")
    assert [problem.code for problem in refused.value.problems][:1] == [code]


def test_a_header_without_an_end_is_refused_on_the_way() -> None:
    check = files.Check(files.reader(CSV, json.parse, ["id"]), TOO_MANY)
    with pytest.raises(Invalid) as refused:
        checked(check, b"x" * 1_800_000)
    assert [problem.code for problem in refused.value.problems] == ["line_too_long"]
