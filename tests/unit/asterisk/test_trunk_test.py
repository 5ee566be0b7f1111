"""What Asterisk counts of a call's sound, read as it means it."""

from contactcenter.asterisk.trunk_test import Reading

COUNTED = (
    "ssrc=722915467;themssrc=1291874262;lp=50;rxjitter=0.000500;rxcount=200;txjitter=0.012000;txcount=250;rlp=5;"
    "rtt=0.050918;rxmes=87.557782;txmes=20.000000"
)


def test_a_reading() -> None:
    reading = Reading.parse(COUNTED)
    assert reading == Reading(sent=250, received=200, lost=50, jitter_ms=12, far_lost=5, round_trip_ms=50.918)
    assert (reading.loss_percent, reading.far_loss_percent) == (20, 2)
    assert reading.rating is not None
    assert 49 < reading.rating < 50


def test_what_the_other_end_has_not_reported_is_not_known() -> None:
    reading = Reading.parse(COUNTED.replace("rtt=0.050918", "rtt=0.000000"))
    assert (reading.far_lost, reading.far_loss_percent, reading.round_trip_ms) == (None, None, None)


def test_nothing_came_so_nothing_was_lost() -> None:
    reading = Reading.parse("lp=0;rxjitter=0.0;rxcount=0;txjitter=0.0;txcount=250;rlp=0;rtt=0.0")
    assert (reading.loss_percent, reading.rating) == (None, None)
