"""The rig's ear: companding and the detection of tones."""

import numpy as np
import pytest

from rig import sound


def noise(seconds, amplitude, seed=1):
    return (np.random.default_rng(seed).normal(0, amplitude, round(8000 * seconds))).astype(np.int16)


def test_mu_law_keeps_every_sample_within_its_step():
    pcm = np.arange(-32768, 32768, dtype=np.int16)
    again = sound.ulaw_decode(sound.ulaw_encode(pcm)).astype(int)
    step = np.maximum(np.abs(pcm.astype(int)) / 16, 8)
    wrong = np.abs(again - np.clip(pcm.astype(int), -32124, 32124)) > step
    assert not wrong.any()


def test_mu_law_knows_the_landmarks_of_g711():
    assert sound.ulaw_encode(np.array([0, 32767, -32768], dtype=np.int16)) == b"\xff\x80\x00"
    assert list(sound.ulaw_decode(b"\xff\x80\x00")) == [0, 32124, -32124]


def test_every_code_survives_a_round_trip():
    codes = bytes(range(256))
    again = sound.ulaw_encode(sound.ulaw_decode(codes))
    assert again.replace(b"\xff", b"\x7f") == codes.replace(b"\xff", b"\x7f")  # the two zeros are one


@pytest.mark.parametrize("hz", [350, 440, 700, 1004, 1633, 3100])
def test_a_tone_is_heard_through_noise(hz):
    pcm = sound.tone(hz, 1.0, 4000) + noise(1.0, 2000)
    assert sound.hears(pcm, hz)
    assert sound.tones_present(pcm, 8000, [hz])[hz] > 0.5


def test_two_tones_mixed_are_both_heard():
    pcm = sound.tone(440, 1.0, 5000) + sound.tone(1200, 1.0, 5000)
    shares = sound.tones_present(pcm, 8000, [440, 1200, 700])
    assert shares[440] == pytest.approx(0.5, abs=0.05)
    assert shares[1200] == pytest.approx(0.5, abs=0.05)
    assert shares[700] < 0.01


@pytest.mark.parametrize("other", [500, 650, 760, 1400])
def test_another_tone_is_not_taken_for_it(other):
    assert not sound.hears(sound.tone(other, 2.0), 700)


def test_noise_and_silence_are_no_tone():
    for pcm in (noise(3, 5000), np.zeros(24000, dtype=np.int16), np.zeros(0, dtype=np.int16), noise(3, 5)):
        assert not any(sound.hears(pcm, hz) for hz in range(300, 3400, 50))


def test_speech_like_sweeps_are_no_tone():
    sweep = (8000 * np.sin(np.cumsum(np.linspace(300, 3000, 8000) * 2 * np.pi / 8000))).astype(np.int16)
    assert not any(sound.hears(np.tile(sweep, 3), hz) for hz in range(300, 3000, 100))


def test_a_tone_must_last_in_one_piece():
    beep, pause = sound.tone(700, 0.3), np.zeros(2400, dtype=np.int16)
    pcm = np.concatenate([beep, pause] * 5)
    assert not sound.hears(pcm, 700)
    assert sound.hears(pcm, 700, 0.25)
    assert sound.seconds_heard(pcm, 700) == pytest.approx(0.3, abs=0.1)


def test_the_loudest_frequencies_are_named():
    pcm = sound.tone(440, 1.0, 8000) + sound.tone(1500, 1.0, 4000)
    assert sound.loudest(pcm, 2) == [440, 1500]


@pytest.mark.parametrize("channels", [1, 2])
def test_wav_files_come_back_as_written(tmp_path, channels):
    pcm = sound.tone(440, 0.1)
    if channels == 2:
        pcm = np.column_stack([pcm, sound.tone(700, 0.1)])
    sound.write_wav(tmp_path / "a.wav", pcm, 8000)
    again, rate = sound.read_wav(tmp_path / "a.wav")
    assert rate == 8000
    assert np.array_equal(again, pcm)
