"""The E-model against the figures that its sources print."""

import pytest

from contactcenter.voice_quality import BEST_RATING, delay_impairment, loss_impairment, mos, mouth_to_ear_ms, rating


@pytest.mark.parametrize(("value", "score"), [(90, 4.34), (80, 4.03), (70, 3.60), (60, 3.10), (50, 2.58)])
def test_mos_of_a_rating_is_that_of_annex_b(value: float, score: float) -> None:
    """ITU-T G.107, table B.1: the borders of the five categories of speech transmission quality."""
    assert mos(value) == pytest.approx(score, abs=0.01)


def test_mos_stays_between_its_ends() -> None:
    assert mos(BEST_RATING) == pytest.approx(4.41, abs=0.005)  # G.107, all parameters at their defaults
    assert (mos(-5), mos(0), mos(100), mos(120)) == (1.0, 1.0, 4.5, 4.5)
    scores = [mos(value) for value in range(101)]
    assert scores == sorted(scores)


@pytest.mark.parametrize(("delay", "impairment"), [(0, 0), (100, 2.4), (177.3, 4.26), (277.3, 17.66), (400, 34.1)])
def test_delay_is_that_of_cole_and_rosenbluth(delay: float, impairment: float) -> None:
    assert delay_impairment(delay) == pytest.approx(impairment, abs=0.01)


@pytest.mark.parametrize(
    ("loss", "impairment"), [(0, 0), (1, 5), (2, 7), (3, 10), (5, 15), (7, 20), (10, 25), (15, 35), (20, 45)]
)
def test_loss_is_that_of_g711_with_concealment(loss: float, impairment: float) -> None:
    """Planning values of ITU-T G.113, appendix I (1999), as in TIA TSB-116: G.711 with concealment, losses at random."""
    assert loss_impairment(loss) == pytest.approx(impairment, abs=3)


def test_a_rating_has_it_all_and_is_never_below_nothing() -> None:
    assert rating(0, 40) == pytest.approx(93.2 - 0.96)
    assert rating(20, 40) == pytest.approx(93.2 - 0.96 - 42.13, abs=0.01)
    assert rating(100, 2000) == 0
    assert mouth_to_ear_ms(100, 5) == 90
    assert mouth_to_ear_ms(100, 30) == 130
