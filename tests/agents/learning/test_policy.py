"""What a correction says, when it is a habit, and where a house rule may not reach."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.diffs import word_diff
from agents.learning.policy import (
    Change,
    Seen,
    Wording,
    as_told,
    changes_of,
    habits,
    is_habit,
    masked,
    obey,
    wording_problems,
)

HI = Wording("Hey", "Hi")
WORDS = st.lists(
    st.sampled_from(["Hey", "Hi", "see", "you", "soon", ",", ".", "\n", "Kind", "é", "x"])
).map(" ".join)


@settings(max_examples=25)
@given(WORDS, WORDS)
def test_comparing_two_texts_loses_no_word_of_either(old: str, new: str) -> None:
    found = word_diff(old, new)
    assert "".join(one.text for one in found if one.kind != "added") == old
    assert "".join(one.text for one in found if one.kind != "removed") == new
    changes = changes_of(old, new)
    removed = sorted(word for one in changes for word in one.removed.split())
    inserted = sorted(word for one in changes for word in one.inserted.split())
    was, now = sorted(old.split()), sorted(new.split())
    for word in removed:
        was.remove(word)
    for word in inserted:
        now.remove(word)
    # What stayed is the same on both sides.
    assert was == now


def test_a_replacement_is_told_with_a_few_words_around_it() -> None:
    (one,) = changes_of("Hey _name_, see you on _weekday_.", "Hi _name_, see you on _weekday_.")
    assert (one.removed, one.inserted, one.before, one.after) == (
        "Hey",
        "Hi",
        "",
        "_name_, see you",
    )
    (phrase,) = changes_of("Please see you soon there", "Please we look forward there")
    assert (phrase.removed, phrase.inserted) == ("see you soon", "we look forward")


def test_facts_are_one_word_of_their_kind_before_anything_is_compared() -> None:
    body = "Hi Dana, Friday at 2:30 pm, https://x.example/a?b=1, $120, code A7."
    said = masked(body, [(3, 7, "name"), (9, 15, "weekday"), (19, 26, "time")])
    assert said == "Hi _name_, _weekday_ at _time_, _link_ $_number_, code _number_."


KEPT = st.sampled_from(
    ["Hey", "2:30 pm", "Hey Salon", "https://hey.example/Hey", "$120", "Heyward"]
)
FREE = st.sampled_from(["Hey ", " hey, ", "they Hey! ", " say hey again ", " ", "Hé "])


@settings(max_examples=25)
@given(st.lists(st.tuples(FREE, KEPT), max_size=6), FREE)
def test_a_rule_changes_its_words_everywhere_but_in_what_is_kept(
    parts: list[tuple[str, str]], last: str
) -> None:
    text, spans = "", []
    for free, kept in parts:
        text += free
        spans.append((len(text), len(text) + len(kept)))
        # A word of its own: a name that runs into the next word is not the check's span.
        text += kept + " "
    text += last
    done = obey(text, [HI], spans, "en")
    at = 0
    for start, end in spans:
        kept = text[start:end]
        at = done.index(kept, at) + len(kept)
    without = done
    for start, end in spans:
        without = without.replace(text[start:end], "~", 1)
    assert "hey " not in f"{without.casefold()} ".replace("they ", "")
    assert obey(text, [], spans, "en") == text == obey(text, [HI], spans, "es")


@pytest.mark.parametrize(
    ("text", "rule", "said"),
    [
        ("Hey Dana, hey there. They stay.", HI, "Hi Dana, hi there. They stay."),
        ("our Spa and spa", Wording("spa", "Spa"), "our Spa and Spa"),
        ("Kindly reply. Please kindly reply.", Wording("kindly", ""), "Reply. Please reply."),
        ("See you soon. see you soon", Wording("see you soon", "until then"),
         "Until then. until then"),
        ("Thanks!", Wording("!", "."), "Thanks."),
    ],
)  # fmt: skip
def test_a_replacement_stands_like_what_it_replaces(text: str, rule: Wording, said: str) -> None:
    assert obey(text, [rule], [], "en") == said


def test_a_link_is_kept_even_when_nobody_marked_it() -> None:
    text = "Hey, see https://hey.example/hey or hey@hey.example"
    assert obey(text, [HI], [], "en") == "Hi, see https://hey.example/hey or hey@hey.example"


def test_what_one_rule_wrote_is_not_changed_by_another() -> None:
    rules = [HI, Wording("Hi", "Hello")]
    assert obey("Hey you. Hi you.", rules, [], "en") == "Hi you. Hello you."


@pytest.mark.parametrize(
    ("avoid", "use"),
    [
        ("Friday", "Saturday"), ("at 2:30 pm", "at 3 pm"), ("$120", "$90"), ("see x.com", "see y"),
        ("", "Hello"), ("Hey", "Hey"), (",", ";"), ("Hey", "20% off"), ("_name_", "you"),
        ("reply", "reply STOP"), ("soap", "your allergy"), ("a b c d e f g", "x"),
        ("Hey", "Hi\u200b"), ("tomorrow", "next Monday"),
    ],
)  # fmt: skip
def test_what_is_no_wording_is_refused_with_a_reason(avoid: str, use: str) -> None:
    assert wording_problems(avoid, use)
    assert not is_habit(Change(avoid, use))


def test_wording_is_wording() -> None:
    assert wording_problems("Hey", "Hi") == []
    assert wording_problems("see you soon", "we look forward to seeing you") == []
    assert wording_problems("kindly", "") == []


def seen(*rows: tuple[str, str, int, int]) -> list[Seen]:
    return [Seen(Change(old, new), item, client) for old, new, item, client in rows]


def test_three_drafts_to_two_clients_make_a_habit_and_nothing_less_does() -> None:
    twice = seen(("Hey", "Hi", 1, 1), ("hey", "hi", 2, 2))
    assert habits(twice) == []
    assert habits([*twice, *seen(("Hey", "Hi", 2, 2))]) == []
    assert habits([*twice, *seen(("Hey", "Hi", 3, 1))]) == [(Change("Hey", "Hi"), 3)]
    assert habits(seen(("Hey", "Hi", 1, 1), ("Hey", "Hi", 2, 1), ("Hey", "Hi", 3, 1))) == []
    assert habits([*twice, *seen(("Hey", "Hello", 3, 3))]) == []


def test_a_fact_is_never_a_habit_however_often_it_was_changed() -> None:
    assert habits(seen(*(("Friday", "Saturday", item, item) for item in range(9)))) == []


def test_the_model_reads_the_rules_of_the_texts_language_only() -> None:
    told = as_told([HI, Wording("Hola", "Buenas", "es"), Wording("kindly", "")], "en")
    assert "- Say “Hi”, not “Hey”.\n- Leave out “kindly”." in told
    assert "never change a name" in told
    assert "Hola" not in told
    assert as_told([HI], "es") == ""
