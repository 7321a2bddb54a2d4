"""What a process keeps: what was asked for last, up to a weight."""

from app.quality.keeping import Shelf


def test_what_was_asked_for_longest_ago_goes_first() -> None:
    shelf: Shelf[str] = Shelf(2)
    shelf.put("a", "first")
    shelf.put("b", "second")
    assert shelf.get("a") == "first"
    shelf.put("c", "third")
    assert [shelf.get(key) for key in "abc"] == ["first", None, "third"]


def test_a_value_counts_by_its_weight_and_the_last_one_stays() -> None:
    shelf: Shelf[list[int]] = Shelf(10, len)
    shelf.put("small", [1] * 4)
    shelf.put("other", [1] * 6)
    assert shelf.get("small") is not None
    shelf.put("large", [1] * 40)
    assert shelf.get("large") is not None
    assert (shelf.get("small"), shelf.get("other")) == (None, None)


def test_a_key_that_is_put_again_has_the_new_value() -> None:
    shelf: Shelf[int] = Shelf(1)
    shelf.put("a", 1)
    shelf.put("a", 2)
    assert shelf.get("a") == 2
