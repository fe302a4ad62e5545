"""A page asked for by a session's cookie and by a token: what a session costs beyond a token."""

from bench.load import Work
from bench.plan import Bench
from bench.servers import dragoman
from bench.world import OWN, World, make
from dragoman.runtime.application import Application
from dragoman.settings import load
from dragoman.usecases.identity import sessions

CONNECTIONS = 16
TOKEN, SESSION = "page", "session"
PAGE = "/ui/password"  # a page that is the same for both


def run(bench: Bench, engine: str = "sqlite") -> None:
    """All rounds. The figure is the median of the ratios of processor time, which is steady on a busy machine, too."""
    world = make(bench.databases, engine, OWN)
    cookie = f"dragoman_session={sign_in(world)}"
    with dragoman(world) as side:
        side.works |= {
            TOKEN: Work(path=PAGE, headers={"Authorization": f"Bearer {world.token}"}),
            SESSION: Work(path=PAGE, headers={"Cookie": cookie}),
        }
        works = [(TOKEN, CONNECTIONS), (SESSION, CONNECTIONS)]
        bench.table.rounds(engine, [side], works, bench.plan.rounds, bench.plan.seconds)
        cost = bench.table.between(engine, side.name, CONNECTIONS, SESSION, TOKEN, "cpu_us")
        bench.figures["session_vs_token"] = cost


def sign_in(world: World) -> str:
    """The text of the cookie of a new session of Paul's."""
    app = Application(load(overrides={"database": world.url})).open()
    text = app.executor.call(sessions.sign_in, sessions.SignIn(world.paul, "password"), world.tenant)
    app.close()
    return text
