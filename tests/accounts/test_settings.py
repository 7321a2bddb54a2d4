"""What a person prefers: kept with the user, checked field by field, and nobody else's."""

from typing import Any

import pytest
from sqlalchemy import select, update

from app.accounts import queries, service
from app.accounts.errors import UnusableKey
from app.accounts.models import User
from app.accounts.preferences import PersonSettings, SettingsEdit
from app.audit.models import Event
from app.database import Database, Writing
from app.labels.errors import UnknownLabelSet
from app.labels.labelset import LabelSet, load_builtin
from app.labels.service import store_label_set
from tests.factories import a_person
from tests.serving import Server, signed_in, token_for

PATH = "/api/v1/account/settings"
USUAL = {
    "theme": "system",
    "language": "auto",
    "keys": "on",
    "layout": "letter",
    "hand": "right",
    "motion": "system",
    "grid_page": 60,
    "own_keys": {},
}


@pytest.fixture
def mll23() -> LabelSet:
    return load_builtin("mll23")


def own(layout: str = "letter", **keys: list[str]) -> dict[str, Any]:
    return {"own_keys": {"mll23": {layout: keys}}}


def changed(session: Writing, edit: dict[str, Any]) -> PersonSettings:
    """The settings of a person after an edit, as they are read again."""
    store_label_set(session, load_builtin("mll23"))
    person = a_person(session)
    answered = service.change_settings(session, person.id, SettingsEdit.model_validate(edit))
    stored = queries.person_by_name(session, person.name).preferences
    assert stored == answered
    return stored


def test_who_never_chose_has_the_usual_settings(server: Server, database: Database) -> None:
    with server.client(token_for(database, "reviewer1")) as client:
        assert client.get(PATH).json() == USUAL


def test_only_what_is_named_changes_and_only_for_its_person(server: Server, database: Database) -> None:
    with signed_in(server, database, "reviewer1") as one, signed_in(server, database, "reviewer2") as other:
        assert one.patch(PATH, json={"theme": "dimmed"}).json() == USUAL | {"theme": "dimmed"}
        assert one.patch(PATH, json={"hand": "left", "grid_page": 48}).status_code == 200
        assert one.get(PATH).json() == USUAL | {"theme": "dimmed", "hand": "left", "grid_page": 48}
        assert other.get(PATH).json() == USUAL
    with database.reading() as session:
        bodies = [body for kind, body in session.execute(select(Event.kind, Event.body)) if kind == "user.settings"]
    assert bodies == [{"theme": "dimmed"}, {"hand": "left", "grid_page": 48}]


@pytest.mark.parametrize(
    ("edit", "field"),
    [
        ({"theme": "pink"}, "theme"),
        ({"language": "fr"}, "language"),
        ({"keys": "maybe"}, "keys"),
        ({"layout": "colemak"}, "layout"),
        ({"hand": "third"}, "hand"),
        ({"motion": "fast"}, "motion"),
        ({"grid_page": 23}, "grid_page"),
        ({"grid_page": 201}, "grid_page"),
        ({"colour": "red"}, "colour"),
        (own(monocyte=["1"]), "own_keys.mll23.letter.monocyte"),
        (own(monocyte=[]), "own_keys.mll23.letter.monocyte"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_kept(
    server: Server, database: Database, edit: dict[str, Any], field: str
) -> None:
    with database.writing() as session:
        store_label_set(session, load_builtin("mll23"))
    with server.client(token_for(database, "reviewer1")) as client:
        answer = client.patch(PATH, json=edit | ({"motion": "reduced"} if "motion" not in edit else {}))
        assert (answer.status_code, answer.json()["field"]) == (422, field)
        assert client.get(PATH).json() == USUAL


def test_a_form_without_a_script_keeps_settings_too(server: Server, database: Database) -> None:
    with signed_in(server, database, "reviewer1") as client:
        form = {"csrf_token": client.headers["X-CSRF-Token"]}
        assert client.post("/account/settings", data=form | {"theme": "dark", "grid_page": "60"}).status_code == 303
        assert client.get(PATH).json() == USUAL | {"theme": "dark", "grid_page": 60}
        refused = client.post("/account/settings", data=form | {"theme": "light", "grid_page": "7"})
        assert refused.status_code == 422
        assert "greater than or equal to 24" in refused.text
        assert client.get(PATH).json() == USUAL | {"theme": "dark", "grid_page": 60}


def test_what_was_stored_by_an_older_program_and_no_longer_fits_is_left_out(session: Writing) -> None:
    person = a_person(session)
    stored = {"theme": "dark", "layout": "place-left", "sound": "on", "grid_page": 500}
    session.execute(update(User).where(User.id == person.id).values(settings=stored))
    assert queries.person_by_name(session, person.name).preferences == PersonSettings(theme="dark")


def test_a_persons_own_keys_replace_the_usual_ones(session: Writing, mll23: LabelSet) -> None:
    keys = changed(session, own(monocyte=["1"], reason_granules=["6"], undo=["Delete"])).keys_for(mll23)
    assert keys.of_class("monocyte") == "1"
    assert keys.of_class("myeloblast") == "B"
    assert keys.actions["reason_granules"] == ("6",)
    assert keys.actions["undo"] == ("Delete", "Ctrl+Z", "Cmd+Z"), "the browser's way to undo always works"


def test_own_keys_belong_to_a_layout(session: Writing, mll23: LabelSet) -> None:
    settings = changed(session, own("place", monocyte=["KeyM"]) | {"layout": "letter"})
    assert settings.keys_for(mll23).of_class("monocyte") == "O"
    assert changed(session, {"layout": "place"}).keys_for(mll23).of_class("monocyte") == "KeyM"
    assert changed(session, {"layout": "place-mirrored"}).keys_for(mll23).of_class("monocyte") == "KeyP"


def test_own_keys_of_another_layout_stay_when_some_are_reset(session: Writing) -> None:
    changed(session, own("place", monocyte=["KeyM"]))
    changed(session, own("letter", monocyte=["Y"]))
    assert changed(session, own("letter")).own_keys == {"mll23": {"place": {"monocyte": ["KeyM"]}}}
    assert changed(session, own("place")) == PersonSettings()


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (own(monocyte=["S"]), "The key S of monocyte is also the key of neutrophil_segmented."),
        (own(neutrophil_segmented=["O"]), "The key O of neutrophil_segmented is also the key of monocyte."),
        (own(monocyte=["D"]), "The key D of monocyte is also the key of unsure."),
        (own(flag=["B"]), "The key B of flag is also the key of myeloblast."),
        (own(flag=["!"], comment=["!"]), "The key ! of comment is also the key of flag."),
        (own(monocyte=["Ctrl+T"]), "Ctrl+T belongs to the browser: take a key without Ctrl, Alt or Cmd."),
        (own(monocyte=["Alt+M"]), "Alt+M belongs to the browser: take a key without Ctrl, Alt or Cmd."),
        (own(zoom=["F5"]), "F5 is kept for moving about and for the browser."),
        (own(zoom=["Tab"]), "Tab is kept for moving about and for the browser."),
        (own(zoom=["Enter"]), "Enter presses the button that has the focus, so it can only confirm."),
        (own(monocyte=["Shift+O"]), "A class has a key without Shift."),
        (own(monocyte=["y"]), "Write the letter y in upper case."),
        (own(monocyte=["MediaPlay"]), "MediaPlay is no key that types a character."),
        (own("place", monocyte=["O"]), "O is no key that types a character."),
        (own(help=["H"]), "The key of help can't be changed."),
        (own(megakaryocyte=["Y"]), "megakaryocyte is neither a class of mll23 nor an action."),
    ],
)
def test_a_key_that_cannot_be_given_is_refused_with_the_reason(
    session: Writing, edit: dict[str, Any], words: str
) -> None:
    with pytest.raises(UnusableKey) as refused, session.savepoint():
        changed(session, edit)
    assert refused.value.message == words


def test_two_keys_can_be_exchanged_at_once(session: Writing, mll23: LabelSet) -> None:
    keys = changed(session, own(monocyte=["S"], neutrophil_segmented=["O"])).keys_for(mll23)
    assert (keys.of_class("monocyte"), keys.of_class("neutrophil_segmented")) == ("S", "O")


def test_keys_of_a_label_set_that_is_not_there_are_refused(session: Writing) -> None:
    with pytest.raises(UnknownLabelSet), session.savepoint():
        changed(session, {"own_keys": {"other": {"letter": {"monocyte": ["Y"]}}}})


def test_whatever_was_stored_no_key_does_two_things(mll23: LabelSet) -> None:
    stored = {"own_keys": {"mll23": {"letter": {"monocyte": ["s"], "gone": ["B"]}}}}
    keys = PersonSettings.of(stored).keys_for(mll23)
    assert keys.of_class("monocyte") == "s"
    assert keys.of_class("neutrophil_segmented") == ""
    assert keys.of_class("myeloblast") == "B"
