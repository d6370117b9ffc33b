from core.realtime.revisions import Revisions


def test_an_older_or_equal_revision_is_no_news():
    revisions = Revisions()
    assert revisions.is_news("job", 5)
    assert not revisions.is_news("job", 5)
    assert not revisions.is_news("job", 4)


def test_a_first_revision_of_zero_is_news():
    assert Revisions().is_news("job", 0)


def test_a_gap_is_news():
    revisions = Revisions()
    revisions.is_news("job", 1)
    assert revisions.is_news("job", 9)


def test_only_as_many_things_as_allowed_are_remembered():
    revisions = Revisions(limit=2)
    for key in ("a", "b", "c"):
        revisions.is_news(key, 1)

    assert revisions.is_news("a", 1)  # forgotten, so sent again: harmless
    assert not revisions.is_news("c", 1)
