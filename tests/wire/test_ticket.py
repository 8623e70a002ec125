"""Web tickets: only what the issuing pool sealed opens anything, and only until its expiry."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hairpin.wire.ticket import ExpiredTicket, InvalidTicket, Ticket, TicketRefused, seal, unseal

KEY = b"k" * 32
SOUND = Ticket("lene@nnylync.info", 1_400_000_000, "sip:a@b.c;gruu;opaque=app:conf:focus:id:X")
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
TEXT = seal(SOUND, "director", KEY, b"nonce")

SUBJECTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


@given(
    SUBJECTS,
    st.integers(1, 2**40),
    SUBJECTS,
    st.text(max_size=20),
    st.binary(min_size=1),
    st.binary(max_size=40),
)
def test_a_ticket_opens_with_the_key_that_sealed_it(
    subject: str, expires: int, meeting: str, pool: str, key: bytes, nonce: bytes
) -> None:
    ticket = Ticket(subject, expires, meeting)
    text = seal(ticket, pool, key, nonce)
    assert unseal(text, pool, key, expires - 1) == ticket
    assert text.startswith("cwt=AAEB")
    assert set(text.removeprefix("cwt=")) <= set(ALPHABET)


@given(st.data())
def test_any_changed_character_is_refused(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(TEXT) - 1))
    put = data.draw(st.characters(max_codepoint=255).filter(lambda one: one != TEXT[at]))
    with pytest.raises(InvalidTicket):
        unseal(TEXT[:at] + put + TEXT[at + 1 :], "director", KEY, 0)


def test_every_flipped_bit_of_every_character_is_refused() -> None:
    for at, character in enumerate(TEXT):
        for bit in range(8):
            changed = TEXT[:at] + chr(ord(character) ^ 1 << bit) + TEXT[at + 1 :]
            with pytest.raises(InvalidTicket):
                unseal(changed, "director", KEY, 0)


@given(st.text(max_size=50) | st.text(alphabet=ALPHABET, max_size=400).map("cwt=".__add__))
def test_a_guess_is_refused(text: str) -> None:
    with pytest.raises(InvalidTicket):
        unseal(text, "director", KEY, 0)


@pytest.mark.parametrize("tail", ["=", "==", "A", "\n", " ", "+"])
def test_a_ticket_has_one_spelling(tail: str) -> None:
    with pytest.raises(InvalidTicket):
        unseal(TEXT + tail, "director", KEY, 0)


def test_another_pool_refuses_it_even_under_the_same_key() -> None:
    with pytest.raises(InvalidTicket):
        unseal(TEXT, "ny", KEY, 0)
    with pytest.raises(InvalidTicket):
        unseal(TEXT, "director", b"j" * 32, 0)


@given(st.floats(0, 3e9))
def test_it_is_good_until_the_very_second_of_its_expiry(now: float) -> None:
    try:
        ticket = unseal(TEXT, "director", KEY, now)
    except ExpiredTicket:
        assert now >= SOUND.expires
    else:
        assert ticket == SOUND
        assert now < SOUND.expires


def test_the_second_of_expiry_is_too_late() -> None:
    assert unseal(TEXT, "director", KEY, SOUND.expires - 0.001) == SOUND
    with pytest.raises(ExpiredTicket):
        unseal(TEXT, "director", KEY, SOUND.expires)


def test_two_tickets_for_one_subject_differ() -> None:
    assert seal(SOUND, "director", KEY, b"other") != TEXT


def test_a_refusal_does_not_repeat_the_ticket() -> None:
    with pytest.raises(TicketRefused) as caught:
        unseal(TEXT[:-1], "director", KEY, 0)
    assert TEXT[4:20] not in str(caught.value)
