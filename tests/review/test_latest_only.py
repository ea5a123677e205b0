"""One thing at a time, and of what waits the last that was wanted."""

from neurotui.review.latest_only import LatestOnly


def test_while_one_is_under_way_the_last_that_is_wanted_waits_alone():
    begun = []
    latest = LatestOnly(begun.append)
    for wanted in "abc":
        latest.want(wanted)
    assert begun == ["a"]
    assert latest.over()
    assert begun == ["a"]
    latest.next()
    assert begun == ["a", "c"]
    assert not latest.over()
    latest.next()
    assert begun == ["a", "c"]
    assert latest.under_way is None


def test_what_is_under_way_is_not_begun_again_and_several_keep_their_order():
    begun = []
    latest = LatestOnly(begun.append)
    latest.want("a", "b", "c")
    latest.want("a", "c", "d")
    assert begun == ["a"]
    for _ in "cd":
        latest.over()
        latest.next()
    assert begun == ["a", "c", "d"]


def test_what_is_dropped_is_never_begun():
    begun = []
    latest = LatestOnly(begun.append)
    latest.want("a", "b")
    latest.drop()
    assert not latest.over()
    latest.next()
    assert begun == ["a"]
