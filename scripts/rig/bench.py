"""Benchmarks, each measured against a peer, a formula or a goal in the same run, with the machine's load beside the figures."""

from __future__ import annotations

import argparse
import asyncio
import sys

from rig import (
    bench_acd,
    bench_calls,
    bench_customers,
    bench_erlang,
    bench_peer,
    bench_recording,
    bench_recovery,
    bench_store,
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    benches = parser.add_subparsers(required=True, metavar="BENCH")
    for name, run, add_options in (
        ("calls", bench_calls.calls, bench_calls.add_options),
        ("peer", bench_peer.peer, bench_peer.add_options),
        ("acd", bench_acd.acd, bench_acd.add_options),
        ("erlang", bench_erlang.erlang, bench_erlang.add_options),
        ("customers", bench_customers.customers, bench_customers.add_options),
        ("recording", bench_recording.recording, bench_recording.add_options),
        ("recovery", bench_recovery.recovery, bench_recovery.add_options),
        ("store", bench_store.store, bench_store.add_options),
    ):
        one = benches.add_parser(
            name, help=run.__doc__, description=run.__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
        )
        add_options(one)
        one.set_defaults(run=run)
    options = parser.parse_args()
    return asyncio.run(options.run(options))


if __name__ == "__main__":
    sys.exit(main())
