"""The world of the demonstration: what a bicycle shop did within a month, through all dialects.

Each task has a story: a generator of requests, each at its day. The stories are told together in the order of their
days, on a clock that is set to each of them, so that history, lists and figures have a past. The same day gives the
same world.
"""

import heapq
import json
from collections.abc import Callable, Generator, Iterator, Sequence
from datetime import timedelta
from itertools import count
from typing import Any, NamedTuple
from urllib.parse import quote

from dragoman.domain.access import Principal
from dragoman.domain.clock import TICKS_PER_SECOND, Moment, SystemClock, to_datetime
from dragoman.http.local import LocalClient
from dragoman.runtime.application import Application
from dragoman.usecases.tasks import subjects

DAYS = 30
FIRST_REFUSAL = 300
DAY_TICKS = 86_400 * TICKS_PER_SECOND
LAST_MINUTES = 0.02  # of a day: when the last act was at the latest
MERGE = "application/merge-patch+json"

CUSTOMERS = (
    ("Ida", "Holm"), ("Otto", "Lind"), ("Mara", "Voss"), ("Jonas", "Kern"), ("Lea", "Brandt"), ("Nils", "Falk"),
    ("Rosa", "Engel"), ("Tom", "Hardt"), ("Vera", "Sommer"), ("Emil", "Roth"), ("Nora", "Berger"), ("Paul", "Winter"),
)  # fmt: skip
COMPANIES = ("Kern & Sons", "Harbour Couriers", "City Bikes", "North Tyres")
CATEGORIES = ("Returns", "Inspection", "Purchase", "Recall", "Approval")
WORKSHOP = (
    "Refund two tyres that came cracked", "Inspect the wheels of a touring bicycle", "Send the parcel that came back",
    "Change the delivery address", "Find out why the brake squeals", "Replace the bent fork", "True the rear wheel",
    "Check the battery of the cargo bicycle", "Look for the missing saddle bag", "Fit the child seat",
)  # fmt: skip
OFFICE = (
    "Call back about the missing invoice", "Write to everybody who ordered chain CH-9", "Answer the letter of the city",
    "Book the large hall for the open day", "Print the flyers", "Agree on the new opening hours",
    "Confirm the visit of the supplier", "Tell the tenant about the works in the yard", "Renew the insurance",
    "Send the offer for forty rental bicycles",
)  # fmt: skip
STOCK = (
    "Order tyres for the winter stock", "Compare the bills of the two carriers", "Count the tubes on the upper shelf",
    "Move the rental bicycles to the cellar", "Label the new shelves", "Send back the faulty chains",
    "Take pictures of the new helmets", "Set the price of the winter gloves", "Pack the orders of the weekend",
    "Find out why label printer 3 prints blank",
)  # fmt: skip
DOCUMENTS = ("Price list", "Terms of rental", "Lease of the workshop", "Safety sheet", "Contract of the supplier")
SHOPS = ("", " in the north", " at the harbour", " in the old town")
CARRIERS = ("DHL", "ACME", "Harbour Couriers")
WAITING = "Priority 9 for the open returns"
TEAM = ("anna", "bert", "carla")


class Clock(SystemClock):
    """The system's clock until it is set; it never goes back."""

    def __init__(self) -> None:
        self._at: Moment | None = None

    def now(self) -> Moment:
        """The moment that it was set to."""
        return super().now() if self._at is None else self._at

    def set(self, moment: Moment) -> None:
        """From here on it is this moment, unless it was a later one."""
        self._at = moment if self._at is None else max(self._at, moment)

    def let_go(self) -> None:
        """From here on the system's clock counts again."""
        self._at = None


class Ask(NamedTuple):
    """A request at a day, counted from the first of the world."""

    day: float
    request: str
    body: Any = None
    person: str = "anna"
    type: str = "application/json"


Story = Generator[Ask, Any, None]


class World:
    """The shop: who is there, and what its stories need to know of each other."""

    def __init__(self, app: Application, clock: Clock, people: dict[str, Principal]) -> None:
        self._app = app
        self._client = LocalClient(app.dialects, app.executor)
        self._clock = clock
        self._people = people
        self._began = Moment(SystemClock().now() - DAYS * DAY_TICKS)
        self.contacts: list[int] = []
        self.categories: list[int] = []
        self.tasks: list[int] = []
        self._own: list[int] = []
        self._waiting = 0

    def tell(self) -> None:
        """All that happened, up to a batch that waits for a decision."""
        self._run([self._beginning()])
        self._run([*self._stories()])
        self._clock.let_go()
        own = self._of_bert("creator=bert")
        self._own = self._of_bert("assignee=bert")
        named = [*self._own, *own[:20], *self.tasks[40:43], 999_812, own[0]]
        purpose = "The carrier promised to collect all of them this week."
        change = {"priority": 9, "category": self.categories[0]}
        self._waiting = self._make_batch(WAITING, named, change, purpose=purpose)["number"]

    def subject(self) -> subjects.Subject:
        """The task of the batch that waits for a decision, as addresses of dialects name it."""
        command = subjects.FindSubject(self._waiting)
        anna = self._people["anna"]
        found: subjects.Subject = self._app.executor.call(
            subjects.find_subject, command, anna.tenant, principal=anna, operation="demo"
        )
        return found

    def leave(self) -> None:
        """What is under way when the reader comes: a batch that runs for some minutes."""
        change = {"properties": {"season": "winter"}}
        self._make_batch("Mark the tasks of the winter season", self._own, change, review=False, rate_per_second=0.2)

    def ask(self, ask: Ask) -> Any:
        """The document that answers a request; None for an empty answer. RuntimeError for a refusal: the world and
        the dialects don't fit together."""
        method, _, target = ask.request.partition(" ")
        body = b"" if ask.body is None else json.dumps(ask.body).encode()
        reply = self._client.send(method, target, self._people[ask.person], body, {"content-type": ask.type})
        if reply.status >= FIRST_REFUSAL:
            raise RuntimeError(f"{ask.request}: {reply.status} {reply.body.decode()[:500]}")
        return json.loads(reply.body) if "json" in (reply.content_type or "") and reply.body.strip() else None

    def uid(self, login: str) -> str:
        """The id of a person."""
        return self._people[login].user or ""

    def day(self, day: float, shape: str = "%Y-%m-%dT%H:%M:%SZ") -> str:
        """A day of the world as text."""
        return f"{to_datetime(self._began) + timedelta(days=day):{shape}}"

    def _run(self, stories: list[Story]) -> None:
        """Tell stories together, in the order of their days."""
        order = count()
        waiting: list[tuple[float, int, Story, Ask]] = []

        def go_on(story: Story, answer: Any = None) -> None:
            try:
                ask = story.send(answer)
            except StopIteration:
                return
            heapq.heappush(waiting, (ask.day, next(order), story, ask))

        for story in stories:
            go_on(story)
        while waiting:
            day, _, story, ask = heapq.heappop(waiting)
            if day <= DAYS - LAST_MINUTES:
                self._clock.set(Moment(int(self._began + day * DAY_TICKS)))
                go_on(story, self.ask(ask))

    def _beginning(self) -> Story:
        for position, (first, last) in enumerate(CUSTOMERS):
            contact = {"kind": "person", "first_name": first, "last_name": last}
            contact["email"] = f"{first}.{last}@example.com".lower()
            hidden = {"is_private": True, "shared_with": [self.uid("bert")]} if position == 0 else {}
            answer = yield Ask(0.01, "POST /v1/contacts", contact | hidden)
            self.contacts.append(answer["number"])
        for name in COMPANIES:
            answer = yield Ask(0.02, "POST /v1/contacts", {"kind": "company", "company_name": name})
            self.contacts.append(answer["number"])
        for title in CATEGORIES:
            answer = yield Ask(0.03, "POST /v1/categories", {"title": title})
            self.categories.append(answer["number"])

    def _stories(self) -> Iterator[Story]:
        kinds: tuple[Callable[[int], Story], ...] = (self._repair, self._errand, self._stock, self._errand, self._stock)
        yield from (kinds[index % len(kinds)](index) for index in range(260))
        yield from (self._review(index) for index in range(30))

    def _repair(self, index: int) -> Story:
        """A service of a customer, with a state and a task, through Genesys."""
        day = _day(index)
        root = "/genesys/1/cs/services"
        answer = yield Ask(day, f"POST {root}/start", {"contact_key": f"+49305550{index:03}", "service_type": "Repair"})
        service = answer["service_id"]
        answer = yield Ask(day, f"POST {root}/{service}/states/start", {"state_type": "Workshop"})
        task = {"state_id": answer["state_id"], "task_type": _titled(WORKSHOP, index), "est_duration": 86_400}
        more = {"PartsUsed": [{"sku": f"TUBE-{20 + index % 9}", "pieces": 1 + index % 3}]} if index % 2 else {}
        answer = yield Ask(day, f"POST {root}/{service}/tasks/start", task | more)
        number = answer["task_id"]
        linked = {"contact": _of(self.contacts, index), "category": _of(self.categories[:2], index)}
        yield from self._lives(number, index, day, {"due_at": self.day(day + 3 + index % 9)} | linked)

    def _errand(self, index: int) -> Story:
        """A task of the office, through the CRM."""
        day, person = _day(index), _of(self._team(index), index)
        task = {
            "title": _titled(OFFICE, index // 2),
            "deadline": self.day(day + 1 + index % 11, "%Y-%m-%dT%H-%M-%S.000Z"),
            "responsibleId": self.uid(person),
            "categoryId": 1 + index % 6,
            "contactId": _of(self.contacts, index),
        }
        answer = yield Ask(day, "POST /api/2.0/crm/task.json", task, "anna" if index % 3 else person)
        number = answer["response"]["id"]
        if index % 3 == 1:
            yield Ask(day + 2.1 + index % 4, f"PUT /api/2.0/crm/task/{number}/close.json", None, person)
        else:
            yield from self._lives(number, index, day)

    def _stock(self, index: int) -> Story:
        """A task of the store room, through the native API."""
        day = _day(index)
        task: dict[str, Any] = {"title": _titled(STOCK, index // 2), "category": _of(self.categories, index)}
        if index % 4:
            task["due_at"] = self.day(day + 2 + index % 13)
        if index % 3 == 0:
            task["extensions"] = {"Parcel": {"carrier": _of(CARRIERS, index), "weight": 1.5 + index % 7}}
        answer = yield Ask(day, "POST /v1/tasks", task, _of(TEAM, index))
        yield from self._lives(answer["number"], index, day)

    def _review(self, index: int) -> Story:
        """A document to review, through IBM's human tasks."""
        day = _day(index * 8 + 3)
        root = "/rest/bpm/htm/v1/task"
        content = {"document": _of(DOCUMENTS, index), "pages": 3 + index}
        template = quote("_TKT:801a0001.1.1.1", safe="")
        answer = yield Ask(day, f"POST {root}?taskTemplateID={template}&mode=async", content)
        task = answer["tkiid"]
        if index % 4:
            person = _of(("bert", "carla"), index)
            yield Ask(day + 0.3, f"PUT {root}/{task}?action=claim", None, person)
            name = {"displayName": f"Review: {_of(DOCUMENTS, index).lower()}"}
            yield Ask(day + 0.4, f"PUT {root}/{task}?action=update", name, person)

    def _lives(self, number: int, index: int, day: float, change: dict[str, Any] | None = None) -> Story:
        """What became of a task: changed, claimed, given on, suspended, finished."""
        self.tasks.append(number)
        team = self._team(index)
        target, person = f"/v1/tasks/{number}", _of(team, index // 3)
        ends = index % 5 < 3 and index % 11 != 5
        change = {"priority": _of((None, 1, 5, 9, 5), index), "read": index % 4 != 0} | (change or {})
        if not ends:
            change["due_at"] = self.day(DAYS + (index % 17 if index % 16 else -index % 3) + 0.4)
        yield Ask(day + 0.02, f"PATCH {target}", change, "anna", MERGE)
        if index % 10 == 4:
            return
        if index % 5 != 3 or index % 2:
            shown = yield Ask(day + 0.5, f"GET {target}")
            if shown["assignee"] is None:
                yield Ask(day + 0.6, f"POST {target}/claim", None, person)
        if index % 7 == 2 and team is TEAM:
            note = {"assignee": self.uid("carla"), "note": "She knows the customer."}
            yield Ask(day + 1.2, f"POST {target}/assign", note)
        if index % 9 == 4 and team is TEAM:
            yield Ask(day + 1.5, f"PATCH {target}", {"priority": 9}, "bert", MERGE)
        if index % 11 == 5:
            yield Ask(day + 1.6, f"POST {target}/suspend", {"until": self.day(DAYS + 4)}, "anna")
        elif ends:
            code = {"code": _of(("done", "refunded", "agreed"), index), "text": "The customer knows."}
            yield Ask(day + 2 + index % 6, f"POST {target}/finish", code, "anna")

    def _team(self, index: int) -> tuple[str, ...]:
        """Who may work on what is about the contact of a story: the first one is private."""
        return TEAM if index % len(self.contacts) else TEAM[:1]

    def _of_bert(self, condition: str) -> list[int]:
        shown = self.ask(Ask(DAYS, f"GET /v1/tasks?{condition}&sort=number&limit=200", None, "bert"))
        return [task["number"] for task in shown["items"]]

    def _make_batch(self, title: str, numbers: Sequence[int], change: dict[str, Any], **more: Any) -> Any:
        batch = {"method": "PATCH", "type": "task", "field": "id", "data": change, "title": title}
        return self.ask(
            Ask(DAYS, "POST /v1/batches", batch | {"entries": [str(each) for each in numbers]} | more, "bert")
        )


def _day(index: int) -> float:
    """When a story begins: spread over the month, in working hours."""
    return index * 7 % (DAYS - 1) + 0.05 + index * 13 % 40 / 100


def _titled(titles: Sequence[str], index: int) -> str:
    """A title of what happens in one of the shops."""
    title: str = _of(titles, index) + _of(SHOPS, index // len(titles))
    return title


def _of(choices: Any, index: int) -> Any:
    return choices[index % len(choices)]
