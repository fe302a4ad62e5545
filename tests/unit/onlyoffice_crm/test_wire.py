"""Shapes: which members there are, in which order, and which are left out."""

from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.dialects.onlyoffice_crm.views import CaseView, ContactView, Sharing, TaskView
from dragoman.dialects.onlyoffice_crm.wire.cases import render_case
from dragoman.dialects.onlyoffice_crm.wire.contacts import render_contact, render_whole_contact
from dragoman.dialects.onlyoffice_crm.wire.people import LOST_USER, Persons, render_profile
from dragoman.dialects.onlyoffice_crm.wire.tasks import render_category, render_task
from dragoman.domain.case import Case, CaseKind
from dragoman.domain.category import Category
from dragoman.domain.clock import Moment
from dragoman.domain.contact import Contact, ContactKind
from dragoman.domain.people import User, UserRole
from dragoman.domain.task import State, Task
from dragoman.usecases.identity.standing import Standing

AT = Moment(19_329_876_123_456_789)
PORTAL = "http://portal.example"
ANNA = User(tenant=1, number=1, uid="a7c1f3d2-0d5e-4a55-9c1b-2f6f0f1f8e01", login="anna b", display_name="Anna <Berg>")
CATEGORY = Category(tenant=1, number=1, title="Phone call", icon="task_category_call.png", sort_order=1, task_count=3)
TASK = Task(tenant=1, number=7, uid="u", title="Call", created_at=AT, due_at=AT, assignee=ANNA.uid)
PERSON = Contact(
    tenant=1, number=21, uid="c", kind=ContactKind.PERSON, first_name="Ida", last_name="Moe", email="ida@example.com"
)
CASE = Case(tenant=1, number=3, uid="k", kind=CaseKind.CASE, title="Spring fair", created_at=AT)


def seen(task: Task = TASK, **others: Any) -> TaskView:
    fields: dict[str, Any] = {
        "zone": "UTC", "creator": ANNA, "responsible": None, "contact": None, "category": CATEGORY, "entity": None,
        "can_edit": True,
    }  # fmt: skip
    return TaskView(task=task, **(fields | others))


def shown(seen_task: TaskView, *, in_list: bool = False) -> dict[str, Any]:
    return render_task(seen_task, Persons(PORTAL), in_list=in_list)


def contact(known: Contact = PERSON, **others: Any) -> ContactView:
    fields: dict[str, Any] = {"zone": "UTC", "creator": ANNA}
    return ContactView(contact=known, **(fields | others))


def test_a_full_task_has_its_members_in_order() -> None:
    full = replace(TASK, description="Now", remind_before_minutes=15, state=State.COMPLETED)
    members = shown(seen(full, contact=contact(), entity=CASE, responsible=ANNA))
    assert list(members) == [
        "createBy", "created", "contact", "title", "description", "deadLine", "alertValue", "responsible", "isClosed",
        "category", "entity", "canEdit", "id",
    ]  # fmt: skip
    assert members["isClosed"] is True
    assert members["entity"] == {"entityType": "case", "entityId": 3, "entityTitle": "Spring fair"}
    assert members["created"] == "2031-04-03T13:00:12.3456789Z"


def test_what_is_not_set_is_left_out() -> None:
    members = shown(seen(can_edit=False, category=None, is_fresh=True))
    assert list(members) == ["createBy", "created", "title", "deadLine", "responsible", "id"]


def test_a_missing_description_is_null_when_just_written_and_empty_later() -> None:
    assert "description" not in shown(seen(is_fresh=True))
    assert shown(seen())["description"] == ""
    assert shown(seen(replace(TASK, description=""), is_fresh=True))["description"] == ""


def test_a_task_of_another_dialect_may_lack_title_and_deadline() -> None:
    members = shown(seen(replace(TASK, title=None, due_at=None)))
    assert members["title"] == "7"
    assert "deadLine" not in members


@pytest.mark.parametrize("state", list(State))
def test_a_task_is_closed_when_it_has_ended(state: State) -> None:
    assert ("isClosed" in shown(seen(replace(TASK, state=state)))) is state.is_ended


def test_nobody_is_the_lost_user() -> None:
    assert shown(seen())["responsible"] == {
        "id": LOST_USER,
        "displayName": "Profile has been removed",
        "avatarSmall": "/skins/default/images/default_user_photo_size_32-32.png",
        "profileUrl": f"{PORTAL}/Products/People/Profile.aspx?user={LOST_USER}",
    }


def test_a_person_has_its_name_encoded_for_pages() -> None:
    assert Persons(PORTAL).of(replace(ANNA, title="Head")) == {
        "id": ANNA.uid,
        "displayName": "Anna &lt;Berg&gt;",
        "title": "Head",
        "avatarSmall": "/skins/default/images/default_user_photo_size_32-32.png",
        "profileUrl": f"{PORTAL}/Products/People/Profile.aspx?user=anna%20b",
    }


def test_a_category_counts_its_tasks_only_beside_lists() -> None:
    assert list(render_category(CATEGORY, Persons(""))) == [
        "relativeItemsCount", "imagePath", "title", "description", "color", "sortOrder", "id",
    ]  # fmt: skip
    assert "relativeItemsCount" not in shown(seen(), in_list=True)["category"]
    bare = render_category(replace(CATEGORY, task_count=0, sort_order=0), Persons(""))
    assert list(bare) == ["imagePath", "title", "description", "color", "id"]
    assert bare["imagePath"].endswith("/task_category_call.png")


def test_a_contact_in_a_task() -> None:
    members = render_contact(contact(), Persons(PORTAL), in_task=True)
    assert list(members) == [
        "email", "smallFotoUrl", "mediumFotoUrl", "displayName", "isCompany", "isPrivate", "isShared", "shareType",
        "currency", "canEdit", "canDelete", "id",
    ]  # fmt: skip
    assert members["email"] == {
        "infoType": 1, "category": 0, "data": "ida@example.com", "categoryName": "Home", "isPrimary": True, "id": 21,
    }  # fmt: skip
    assert members["currency"] is None


def test_a_private_contact_tells_who_may_see_it_only_to_them() -> None:
    private = replace(PERSON, is_private=True)
    allowed = contact(private, sharing=Sharing.NONE, sharers=(ANNA,))
    other = replace(allowed, is_visible=False, can_edit=False)
    assert [person["id"] for person in render_contact(allowed, Persons(PORTAL))["accessList"]] == [ANNA.uid]
    members = render_contact(other, Persons(PORTAL), in_task=True)
    assert not {"email", "accessList"} & members.keys()
    assert (members["isPrivate"], members["isShared"], members["shareType"]) == (True, False, 0)
    assert members["displayName"] == "Ida Moe"


def test_a_person_and_a_company_by_themselves() -> None:
    firm = replace(PERSON, number=22, kind=ContactKind.COMPANY, company_name="Moe & Co", person_count=1, task_count=2)
    person = render_whole_contact(contact(company=contact(firm)), Persons(PORTAL))
    assert list(person)[:8] == [
        "firstName", "lastName", "company", "addresses", "createBy", "created", "commonData", "customFields",
    ]  # fmt: skip
    assert person["company"]["displayName"] == "Moe & Co"
    assert person["haveLateTasks"] is False
    company = render_whole_contact(contact(replace(firm, about="Ships"), has_late_tasks=True), Persons(PORTAL))
    assert list(company)[:4] == ["companyName", "personsCount", "addresses", "createBy"]
    assert (company["taskCount"], company["haveLateTasks"], company["about"]) == (2, True, "Ships")


def test_a_case() -> None:
    members = render_case(CaseView(case=CASE, zone="UTC", creator=None, can_edit=False), Persons(PORTAL))
    assert list(members) == [
        "members", "createBy", "created", "title", "isClosed", "isPrivate", "canEdit", "customFields", "id",
    ]  # fmt: skip
    assert members["isClosed"] is False


def test_a_profile() -> None:
    gone = replace(ANNA, disabled_at=AT, title="Head", language="de")
    standing = Standing(gone, frozenset({UserRole.ADMINISTRATOR}), ("desk & co", "leads"), is_owner=True)
    profile = render_profile(standing, Persons(PORTAL))
    assert list(profile) == [
        "id", "userName", "isVisitor", "firstName", "lastName", "email", "status", "activationStatus", "terminated",
        "department", "displayName", "title", "avatarMedium", "avatar", "isAdmin", "isLDAP", "listAdminModules",
        "isOwner", "cultureName", "isSSO", "avatarSmall", "quotaLimit", "usedSpace", "docsSpace", "mailSpace",
        "talkSpace", "profileUrl",
    ]  # fmt: skip
    assert (profile["status"], profile["isAdmin"], profile["isOwner"]) == (2, True, True)
    assert (profile["listAdminModules"], profile["department"]) == (["crm"], "desk &amp; co")
    plain = render_profile(Standing(ANNA, frozenset({UserRole.SUPERVISOR})), Persons(PORTAL))
    assert (plain["status"], plain["isAdmin"], plain["isOwner"]) == (1, False, False)
    assert (plain["listAdminModules"], plain["department"]) == ([], "")
