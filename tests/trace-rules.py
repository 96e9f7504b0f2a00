#!/usr/bin/env python3
"""Chrome traces of runs, by the rules of the Trace Event Format and of the programs that read it (Perfetto's importer, Chromium's
trace viewer), and the figures of `leat profile --json` computed again from the trace and the graph. Nothing but Python is needed.

usage: trace-rules.py           makes graphs, runs them, checks
       trace-rules.py FILE...   checks traces

Rules: UTF-8, strict JSON (no NaN); phases M and X only; every event with pid, tid, name; ts and dur numbers of microseconds, not
negative, nanoseconds whole; slices of one track follow one another or nest; every track has one name and one place; processes have a
name; names and args that are shown hold no character that is not one; flows would begin and end in slices, counters hold numbers."""
import json
import math
import os
import subprocess
import sys
import tempfile
from collections import defaultdict

BUILD = os.path.abspath(os.environ.get("LEAT_BUILDDIR", "."))
failures = 0


def check(good, what):
    global failures
    if not good:
        failures += 1
        print("FAILED", what)
    return good


# ---- the rules ----


def no_constant(text):
    raise ValueError("%s is no JSON" % text)


def parse(data):
    """The events of a trace's bytes. ValueError."""
    trace = json.loads(data.decode("utf-8"), parse_constant=no_constant)
    if isinstance(trace, list):
        return trace
    if trace.get("displayTimeUnit") not in (None, "ms", "ns"):
        raise ValueError("displayTimeUnit is %r" % trace["displayTimeUnit"])
    return trace["traceEvents"]


def nanoseconds(us):
    """Whole, or None: what is written with more digits would be cut."""
    if isinstance(us, bool) or not isinstance(us, (int, float)) or not math.isfinite(us) or us < 0 or us > 2**53 / 1e3:
        return None
    ns = round(us * 1000)
    return ns if abs(us * 1000 - ns) < 1e-3 * max(1, us * 1e-9) else None


def shown(text):
    return isinstance(text, str) and text != "" and not any(ord(c) < 32 or 0xD800 <= ord(c) < 0xE000 or c == "\ufffd" for c in text)


def overlaps(slices):
    """Slices [begin, end) of one track in the order of the file: of which two neither follows the other nor holds it."""
    open_until = []
    for begin, end, name in sorted(slices, key=lambda s: (s[0], -s[1])):
        while open_until and open_until[-1][0] <= begin:
            open_until.pop()
        if open_until and end > open_until[-1][0]:
            yield "%s and %s" % (open_until[-1][1], name)
        open_until.append((end, name))


def problems(events):
    """What is wrong, as texts."""
    slices, names, places = defaultdict(list), defaultdict(list), defaultdict(list)
    flows = defaultdict(list)
    for i, e in enumerate(events):
        where = "event %d (%s)" % (i, str(e)[:120])
        if not isinstance(e, dict) or not all(isinstance(e.get(k), int) and 0 <= e[k] < 2**31 for k in ("pid", "tid")):
            yield where + ": no pid and tid"
            continue
        track = (e["pid"], e["tid"])
        if not shown(e.get("name")) or not isinstance(e.get("args", {}), dict):
            yield where + ": no name, or args that are no object"
            continue
        for text in e.get("args", {}).values():
            if isinstance(text, str) and text != "" and not shown(text):
                yield where + ": an argument that cannot be shown"
        if e.get("ph") == "M":
            if e["name"] in ("process_name", "thread_name"):
                names[e["name"], track].append(e.get("args", {}).get("name"))
            elif e["name"] == "thread_sort_index":
                places[track].append(e.get("args", {}).get("sort_index"))
            else:
                yield where + ": unknown metadata"
            continue
        ts = nanoseconds(e.get("ts"))
        if ts is None:
            yield where + ": ts"
        elif e.get("ph") == "X":
            dur = nanoseconds(e.get("dur"))
            if dur is None:
                yield where + ": dur"
            else:
                slices[track].append((ts, ts + dur, e["name"]))
        elif e.get("ph") in ("s", "t", "f"):
            flows[e.get("cat"), e["name"], e.get("id")].append((ts, e["ph"], track, e.get("bp")))
        elif e.get("ph") == "C":
            if not e.get("args") or not all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in e["args"].values()):
                yield where + ": a counter without numbers"
        else:
            yield where + ": phase %r" % e.get("ph")
    for track, all_of in slices.items():
        for pair in overlaps(all_of):
            yield "track %s: %s overlap" % (track, pair)
        if len(names["thread_name", track]) != 1 or not shown(names["thread_name", track][0]):
            yield "track %s is named %s" % (track, names["thread_name", track])
        if not any(key == "process_name" and t[0] == track[0] for key, t in names):
            yield "process %d has no name" % track[0]
    for track, place in places.items():
        if len(place) != 1 or not isinstance(place[0], int) or sum(place == other for other in places.values()) != 1:
            yield "track %s: place %s" % (track, place)
    for key, steps in flows.items():
        steps.sort(key=lambda s: s[0])
        if key[2] is None or [s[1] for s in steps[:1] + steps[-1:]] != ["s", "f"]:
            yield "flow %s does not go from s to f" % (key,)
        for ts, _, track, _ in steps:
            if not any(a <= ts <= b for a, b, _ in slices[track]):
                yield "flow %s: no slice at %d" % (key, ts)


# ---- the rules are strict ----


def track(tid, name):
    return [{"ph": "M", "pid": 1, "tid": tid, "name": "thread_name", "args": {"name": name}},
            {"ph": "M", "pid": 1, "tid": tid, "name": "thread_sort_index", "args": {"sort_index": tid}}]  # fmt: skip


def piece(ts, dur, name="a", tid=1):
    return {"ph": "X", "pid": 1, "tid": tid, "name": name, "ts": ts, "dur": dur}


def check_rules():
    process = {"ph": "M", "pid": 1, "tid": 0, "name": "process_name", "args": {"name": "leat"}}
    head = [process] + track(1, "one") + track(2, "two")
    good = [head + [piece(0, 5), piece(5, 5), piece(10, 0), piece(10, 4), piece(11, 1), piece(2.5, 9, tid=2)],
            head + [piece(0, 5), piece(3, 9, tid=2), {"ph": "s", "pid": 1, "tid": 1, "id": 1, "name": "f", "ts": 5},
                    {"ph": "f", "bp": "e", "pid": 1, "tid": 2, "id": 1, "name": "f", "ts": 6},
                    {"ph": "C", "pid": 1, "tid": 1, "name": "busy", "ts": 3, "args": {"workers": 2}}]]  # fmt: skip
    bad = [[piece(0, 5)], track(1, "one") + [piece(0, 5)], [process, piece(0, 5)], head + track(2, "again") + [piece(0, 1, tid=2)],
           head + [piece(0, 5), piece(4, 5)], head + [piece(4, 5), piece(0, 5)], head + [piece(-1, 5)], head + [piece(0, -5)],
           head + [piece(0, 0.0001)], head + [piece(0, "5")], head + [piece(0, 5, "")], head + [piece(0, 5, "a\ufffd")],
           head + [piece(0, 5, "a\n")], head + [piece(0, 5, tid="x")], head + [dict(piece(0, 5), ph="Q")],
           head + [dict(piece(0, 5), args=[1])], head + [{"ph": "C", "pid": 1, "tid": 1, "name": "n", "ts": 0, "args": {"n": "x"}}],
           head + [{"ph": "s", "pid": 1, "tid": 1, "id": 1, "name": "f", "ts": 5}]]  # fmt: skip
    for i, events in enumerate(good):
        check(list(problems(events)) == [], "good trace %d: %s" % (i, list(problems(events))))
    for i, events in enumerate(bad):
        check(list(problems(events)) != [], "bad trace %d passes" % i)
    for data in (b'{"traceEvents": [NaN]}', b'{"traceEvents": ["\xff"]}', b'{"traceEvents": [1,]}', b"", b'{"displayTimeUnit": "s", "traceEvents": []}'):
        try:
            parse(data)
            check(False, "%r is read" % data)
        except ValueError:
            pass


# ---- graphs ----


FLOATS = 'attr { key: "T" value { type: DT_FLOAT } }'


class Graph:
    """A GraphDef as text. The source draws random numbers, so that nothing is folded; no two nodes are equal, so that none is shared.
    nodes: {name: names that it waits for}; constants are no nodes of a run."""

    def __init__(self, side):
        self.nodes, self.text = {}, []
        self.constant("shape", "DT_INT32", "tensor_shape { dim { size: 2 } } int_val: %d int_val: %d" % (side, side))
        self.add("x", "RandomUniform", ["shape"], 'attr { key: "T" value { type: DT_INT32 } } attr { key: "dtype" value { type: DT_FLOAT } }')

    def constant(self, name, dtype, value):
        self.text.append('node { name: "%s" op: "Const" attr { key: "dtype" value { type: %s } } '
                         'attr { key: "value" value { tensor { dtype: %s %s } } } }' % (name, dtype, dtype, value))  # fmt: skip
        return name

    def add(self, name, op, inputs, attributes=FLOATS):
        self.nodes[name] = [i.lstrip("^") for i in inputs if i.lstrip("^") in self.nodes]
        self.text.append('node { name: "%s" op: "%s" %s %s }' % (name, op, " ".join('input: "%s"' % i for i in inputs), attributes))
        return name

    def scaled(self, i):
        return self.add("branch-%d/p.q" % i, "Mul", ["x", self.constant("factor_%d" % i, "DT_FLOAT", "tensor_shape { } float_val: %d" % i)])

    def sum(self, name, inputs):
        return self.add(name, "AddN", inputs, FLOATS + ' attr { key: "N" value { i: %d } }' % len(inputs))

    def write(self, path):
        with open(path, "w") as f:
            f.write("\n".join(self.text))


def chain(n, side):
    g, last = Graph(side), "x"
    for i in range(n):
        last = g.add("layer_%d/Tanh" % i, "Tanh", [last])
    return g, last


def fan(n, side):
    g = Graph(side)
    scaled = [g.scaled(i) for i in range(n)]
    return g, g.sum("all", [g.add("square_%d" % i, "MatMul", [s, s]) for i, s in enumerate(scaled)])


def lattice(rows, columns, side):
    """Each node waits for two of the row before."""
    g = Graph(side)
    row = [g.scaled(i) for i in range(columns)]
    for i in range(rows):
        row = [g.add("r%d/c%d" % (i, k), ("Add", "Sub", "Maximum")[(i + k) % 3], [row[k], row[(k + 1) % columns]]) for k in range(columns)]
    return g, g.sum("last", row)


def waiting(n, side):
    """A NoOp that only waits."""
    g = Graph(side)
    return g, g.add("done", "NoOp", ["^" + g.scaled(i) for i in range(n)], "")


# ---- from the trace again ----


def close(a, b, most=2.0):
    return abs(a - b) <= most + 1e-9 * abs(b)


def recompute(name, graph, events, told):
    """One run: `told` is what leat profile --json says of it."""
    spans = [(nanoseconds(e["ts"]), nanoseconds(e["dur"]), e) for e in events if e["ph"] == "X" and e["tid"] > 0]
    run = next(nanoseconds(e["dur"]) for e in events if e["ph"] == "X" and e["tid"] == 0)
    own = {e["args"]["name"]: dur for _, dur, e in spans if e["cat"] == "op"}
    check(set(own) == set(graph.nodes), "%s: nodes %s" % (name, sorted(set(own) ^ set(graph.nodes))[:5]))
    check(close(run, told["median_ns"]), name + ": the run's length")
    # by worker and by op
    workers, ops = defaultdict(int), defaultdict(int)
    for _, dur, e in spans:
        workers[e["tid"] - 1] += dur
        ops[e["args"]["op"]] += dur
    n = told["workers"]
    check(all(close(workers[w], told["worker_busy_ns"][w], len(spans)) for w in range(n)), name + ": busy by worker")
    check({o["op"]: round(o["time_ns"]) for o in told["ops"]} == dict(ops), name + ": time by op")
    # how many were busy at a time
    ends = sorted([(ts, 1) for ts, _, _ in spans] + [(ts + dur, -1) for ts, dur, _ in spans])
    levels, bins, at, level = [0.0] * (n + 1), [0.0] * 100, 0, 0
    for t, step in ends + [(run, 0)]:
        t = min(t, run)
        levels[level] += t - at
        for k in range(int(100 * at / run), min(100, int(100 * t / run) + 1)):
            bins[k] += level * max(0, min(t, (k + 1) * run / 100) - max(at, k * run / 100)) / (run / 100)
        at, level = t, level + step
    check(all(close(a, b, len(spans)) for a, b in zip(levels, told["busy_workers_ns"])), "%s: levels %s, %s" % (name, levels, told["busy_workers_ns"]))
    check(all(abs(a - b) < 0.01 + 2 * len(spans) / (run / 100) * 0.001 for a, b in zip(bins, told["parallelism"])), name + ": parallelism over time")
    # the longest path
    until = {}
    for node in graph.nodes:  # in an order in which inputs come first
        until[node] = own[node] + max([until[i] for i in graph.nodes[node]], default=0)
    check(close(max(until.values()), told["critical_path"]["time_ns"], len(own) * 1e-3 + 1), "%s: critical path %s, not %s" % (name, told["critical_path"]["time_ns"], max(until.values())))
    path = [p["name"] for p in told["critical_path"]["nodes"]]
    check(sum(own[p] for p in path) == round(told["critical_path"]["time_ns"]), name + ": the path's nodes")
    check(all(a in graph.nodes[b] for a, b in zip(path, path[1:])), name + ": the path is none in the graph")


def leat(*arguments):
    p = subprocess.run([os.path.join(BUILD, "leat"), *arguments], capture_output=True, text=True, timeout=120)
    check(p.returncode == 0, "leat %s: %s" % (" ".join(arguments), p.stderr.strip()[-300:]))
    return p.stdout


def check_graph(folder, name, made, threads):
    graph, target = made
    pb, trace = os.path.join(folder, name + ".pbtxt"), os.path.join(folder, name + ".json")
    graph.write(pb)
    common = ["profile", pb, "--target", target, "--threads", str(threads), "--no-peak", "--json", "-o", trace]
    for steps in (1, 4):
        told = leat(*common, "--steps", str(steps))
        with open(trace, "rb") as f:
            events = parse(f.read())
        found = list(problems(events))
        check(found == [], "%s, %d threads: %s" % (name, threads, found[:3]))
        runs = [e for e in events if e["ph"] == "X" and e["tid"] == 0]
        check(len(runs) == steps, "%s: %d runs" % (name, len(runs)))
        if steps == 1 and told:
            recompute("%s, %d threads" % (name, threads), graph, events, json.loads(told))


def main():
    for path in sys.argv[1:]:
        with open(path, "rb") as f:
            for what in problems(parse(f.read())):
                check(False, "%s: %s" % (path, what))
    if len(sys.argv) == 1:
        check_rules()
        graphs = {"chain": chain(30, 64), "tiny": chain(500, 2), "fan": fan(24, 160), "lattice": lattice(12, 5, 128), "waiting": waiting(6, 100)}
        with tempfile.TemporaryDirectory(prefix="leat-trace-") as folder:
            for name, made in graphs.items():
                for threads in (1, 2, 4):
                    check_graph(folder, name, made, threads)
    print("%d failures" % failures)
    return 1 if failures else 0


sys.exit(main())
