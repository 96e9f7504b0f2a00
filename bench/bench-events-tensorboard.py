#!/usr/bin/env python3
"""Loads one log directory with Leat and with TensorBoard's Rust data server, turn by turn.

    make bench-events && bench/bench-events-tensorboard.py ./bench-events [LOGDIR]

Needs the package tensorboard_data_server. Without LOGDIR, bench-events makes the log: 5 runs, 1.8 million points. Of
each the fastest of several turns is printed; the server keeps a sample of the points and checks no checksums unless
told so, Leat keeps all and checks all.
"""
import os, re, shutil, subprocess, sys, time

import tensorboard_data_server

SERVER = tensorboard_data_server.server_binary()
TURNS = 7


def leat(bench, logdir):
    out = subprocess.run([bench, logdir], capture_output=True, text=True, check=True).stdout
    return float(re.search(r'points: ([0-9.]+) ms', out).group(1))


def rust(logdir, *flags):
    p = subprocess.Popen([SERVER, '--logdir', logdir, '--reload', 'once', '--port', '0', '-v', *flags],
                         stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    try:
        for line in p.stderr:
            found = re.search(r'Finished load cycle \(([0-9.]+)(m?s)\)', line)
            if found:
                return float(found.group(1)) * (1 if found.group(2) == 'ms' else 1000)
    finally:
        p.kill()
        p.wait()
    raise SystemExit('the server did not finish')


def main():
    bench = os.path.abspath(sys.argv[1])
    made = None
    if len(sys.argv) > 2:
        logdir = sys.argv[2]
    else:
        out = subprocess.run([bench], capture_output=True, text=True, check=True).stdout
        print(out, end='')
        logdir = made = re.search(r'log: (\S+)', out).group(1)
    times = {'Leat, all points, checksums': [], 'Rust server, sampled': [], 'Rust server, sampled, checksums': []}
    for _ in range(TURNS):
        for name, run in zip(times, (lambda: leat(bench, logdir), lambda: rust(logdir),
                                     lambda: rust(logdir, '--checksum'))):
            times[name].append(run())
            time.sleep(0.2)
    for name, all_times in times.items():
        print('%-34s %8.1f ms' % (name, min(all_times)))
    if made is not None:
        shutil.rmtree(made)


main()
