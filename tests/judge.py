"""What the tests that TensorFlow judges share. Importing it ends the test as skipped (77) where TensorFlow is not installed."""
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")


def skip(why):
    print("%s: skipped" % why)
    sys.exit(77)


try:
    import tensorflow.compat.v1 as tf
except ImportError:
    skip("TensorFlow is not installed")
tf.logging.set_verbosity(tf.logging.ERROR)

BUILD = os.path.abspath(os.environ.get("LEAT_BUILDDIR", "."))
SOURCE = os.path.abspath(os.environ.get("LEAT_SRCDIR", "."))
failures = 0


def built(name):
    """A program of the build."""
    return os.path.join(BUILD, name)


def graphs_as_in_tensorflow_1():
    """Graphs instead of eager execution, and conditionals and loops as nodes of the graph."""
    tf.disable_eager_execution()
    tf.disable_control_flow_v2()


def check(good, what):
    global failures
    if not good:
        failures += 1
        print("FAILED", what)
    return good


def finish(summary=""):
    """Ends the test."""
    print("%s%s%d failures" % (summary, ", " if summary else "", failures))
    sys.exit(failures != 0)
