"""One target under atheris: python -m rig.fuzz_child TARGET FOLDER [libFuzzer's options, or one file]."""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["contactcenter", "panoramisk", "yaml"]):
    from rig.fuzzing import SEEDS, TARGETS, Fuzzing

LIMITS = ("-max_len=4096", "-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1")


def main() -> None:
    name, folder, *options = sys.argv[1:]
    corpus = Path(folder) / "corpus"
    corpus.mkdir(exist_ok=True)
    for place, seed in enumerate(SEEDS[name]):
        (corpus / f"{place}").write_bytes(seed)
    fuzzing = Fuzzing(Path(folder))
    words = [sys.argv[0], *LIMITS, f"-artifact_prefix={folder}/{name}-", *options]
    if all(option.startswith("-") for option in options):
        words.append(str(corpus))
    atheris.Setup(words, lambda data: TARGETS[name](fuzzing, data))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
