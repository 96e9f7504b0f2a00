"""Graphs run by Leat: graph-driver, and the files of tensors that it reads and writes."""
import os
import subprocess

import numpy as np
from judge import BUILD, tf


def dump(path, feeds):
    with open(path, "wb") as f:
        for name, v in feeds.items():
            number = tf.as_dtype(v.dtype).as_datatype_enum if v.dtype != object else 7
            raw = v.tobytes() if v.dtype != object else b"".join(len(s).to_bytes(4, "little") + s for s in v.ravel())
            f.write(("%s %d %d %s%d\n" % (name, number, v.ndim, "".join("%d " % d for d in v.shape), len(raw))).encode())
            f.write(raw)


def load(path):
    out = []
    with open(path, "rb") as f:
        for line in f:
            words = line.split()
            number, dims, size = int(words[1]), [int(d) for d in words[3:-1]], int(words[-1])
            raw = f.read(size)
            if number == 0:
                out.append(None)
            elif number == 7:
                v, at = [], 0
                while at < size:
                    n = int.from_bytes(raw[at : at + 4], "little")
                    v.append(raw[at + 4 : at + 4 + n])
                    at += 4 + n
                out.append(np.array(v, dtype=object).reshape(dims))
            else:
                t = np.dtype(tf.as_dtype(number).as_numpy_dtype)
                out.append(np.frombuffer(raw, dtype=t).reshape(dims))
    return out


class Leat:
    """The driver; a new one where it died."""

    def __init__(self):
        self.process = None

    def run(self, label, lines):
        if self.process is None:
            self.process = subprocess.Popen([os.path.join(BUILD, "graph-driver")], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            self.process.stdin.write(("\n".join(lines) + "\nend\n").encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        answer = self.process.stdout.readline().decode(errors="replace").strip()
        if not answer.startswith(label + " "):
            code = self.process.wait()
            self.process = None
            return "Leat died with %d" % code
        return None if answer == label + " ok" else answer[len(label) + 1 :]
