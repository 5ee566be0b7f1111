"""How good a voice connection sounds, from what was measured on it: the E-model of ITU-T G.107, simplified for G.711 over IP.

    R = 93.2 - Id - Ie,eff

with all of G.107's other parameters at their defaults, where R is 93.2.

- Id, the impairment by delay, as fitted to G.107 by Cole and Rosenbluth ("Voice over IP performance monitoring", ACM SIGCOMM
  CCR 31(2), 2001): 0.024 d + 0.11 (d - 177.3) for d > 177.3, 0.024 d below. d: from mouth to ear, in milliseconds; here half
  the round trip, one packet of 20 ms, and a jitter buffer of twice the jitter, at least one packet.
- Ie,eff, the impairment by loss (G.107, 7.5): Ie + (95 - Ie) Ppl / (Ppl / BurstR + Bpl). Ppl: loss in percent; G.711 with
  packet loss concealment, as phones have it: Ie = 0, Bpl = 25.1 (G.113 appendix I); losses come at random: BurstR = 1.
- MOS from R (G.107 annex B): 1 + 0.035 R + R (R - 60) (100 - R) 7e-6 between 0 and 100.

A MOS of 4.4 is the best that G.711 can have; below 3.6 many are dissatisfied, below 3.1 nearly all (G.107, annex B).
"""

BEST_RATING = 93.2
PACKET_MS = 20.0
LONG_DELAY_MS = 177.3
G711_IMPAIRMENT = 0.0
G711_ROBUSTNESS = 25.1
"""Bpl, with concealment."""


def mouth_to_ear_ms(round_trip_ms: float, jitter_ms: float) -> float:
    """One-way delay in milliseconds."""
    return round_trip_ms / 2 + PACKET_MS + max(2 * jitter_ms, PACKET_MS)


def delay_impairment(delay_ms: float) -> float:
    """Id."""
    return 0.024 * delay_ms + 0.11 * max(0.0, delay_ms - LONG_DELAY_MS)


def loss_impairment(loss_percent: float) -> float:
    """Ie,eff of G.711."""
    return G711_IMPAIRMENT + (95 - G711_IMPAIRMENT) * loss_percent / (loss_percent + G711_ROBUSTNESS)


def rating(loss_percent: float, delay_ms: float) -> float:
    """R, from 0 to 93.2."""
    return max(0.0, BEST_RATING - delay_impairment(delay_ms) - loss_impairment(loss_percent))


def mos(rating: float) -> float:
    """The mean opinion score of a rating R, from 1 to 4.5."""
    if rating <= 0:
        return 1.0
    if rating >= 100:
        return 4.5
    return max(1.0, 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6)
