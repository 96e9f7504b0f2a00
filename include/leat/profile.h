/* leat/profile.h - what a run's time went into: when each node ran and on which worker, what it computed and moved.
 *
 *     leat_profile *p;
 *     leat_must(leat_profile_new(&p, &(leat_profile_options){.size = sizeof(leat_profile_options), .keep = 20}));
 *     leat_run_options o = {.size = sizeof o, .profile = p};
 *     for (int i = 0; i < 20; i++)
 *         leat_must(leat_run_with(s, &o, feeds, fetches, targets));
 *     char *text;
 *     leat_must(leat_profile_text(p, 20, &text));    // tables, and what they say in words
 *     fputs(text, stdout);
 *     leat_free_bytes(text);
 *     leat_profile_free(p);
 *
 * A profile records one run at a time: a run that is given one which another run is using fails with
 * LEAT_ERR_FAILED_PRECONDITION. Runs record into memory that was allocated before, a ring of events a worker: 16 bytes a node, and
 * a reading of the time stamp counter every two microseconds at most. Nodes that together take less, by what they took when the
 * plan was measured (its 2nd to 4th run), share the time between two readings in that proportion; before that, and where the
 * group takes much longer than it should, every node is timed by itself. A worker's waits are never part of a node. What is
 * computed is the same bits with and without. Functions that only read a profile may be called from several threads at once,
 * while no run uses it; the first to do so after a run turns its events into spans. Times are nanoseconds. Strings belong to the
 * profile and live until it is cleared, freed, or given to another run. */
#ifndef LEAT_PROFILE_H
#define LEAT_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "leat/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct leat_profile leat_profile;

typedef struct leat_profile_options {
    size_t size; /* sizeof(leat_profile_options) */
    size_t keep; /* runs that are kept, the latest ones; 0: 1. Each takes 24 bytes a node. */
} leat_profile_options;

/* options may be NULL. LEAT_ERR_NO_MEMORY. */
LEAT_API leat_status leat_profile_new(leat_profile **profile,
                                      const leat_profile_options *options) LEAT_MUST_CHECK;
LEAT_API void leat_profile_free(leat_profile *profile); /* NULL is fine; no run may be using it */
/* Forgets the runs recorded so far: after a warm-up. */
LEAT_API void leat_profile_clear(leat_profile *profile);

/* ---- what was recorded ---- */

/* A value that a node made. */
typedef struct leat_profile_output {
    uint32_t slot; /* which of the node's outputs it is; those of a branch that was not taken are missing */
    leat_dtype dtype;
    leat_shape shape; /* a ref's: of the variable's value; a resource's: a scalar */
    uint64_t bytes;   /* of its elements, wherever they lie */
} leat_profile_output;

/* A node of the run's plan, in its serial order: pruned, folded and shared nodes are not there. */
typedef struct leat_profile_node {
    const char *name, *op;
    const char *kernel; /* what computed it: "onednn", "blas", "vector", ...; "" for plain code */
    const char *shapes; /* of its outputs: "float[32,10]", several with commas; "" unknown */
    const char *inputs; /* the nodes' names, with commas, as in a GraphDef ("x", "y:1", "^z") */
    double flops,
        bytes; /* of one execution: floating point operations, bytes read and written; an estimate by op and shapes */
    uint64_t out_bytes;   /* of its outputs, 0 where they lie in memory of another node */
    uint32_t float_bytes; /* of an element where it computes in floating point (4, 8), else 0 */
    uint32_t n_outputs;   /* 0: it did not run, has none, or nothing is known of them */
    const leat_profile_output *outputs;
} leat_profile_node;

/* An execution of a node, or the share in one that another worker took over (some of its tiles). */
typedef struct leat_profile_span {
    int64_t start_ns, end_ns; /* from the run's begin; those of one worker do not overlap */
    uint32_t node;
    uint16_t worker; /* 0: the thread that called leat_run */
    uint16_t tiles;  /* 0: the execution, from start to end; else so many tiles by a helper meanwhile */
} leat_profile_span;

/* One run. Edges go from a lower to a higher node: i's successors are succ[succ_begin[i]] to succ[succ_begin[i + 1] - 1]. */
typedef struct leat_profile_step {
    const leat_profile_node *nodes;
    size_t n_nodes;
    const leat_profile_span *spans; /* by worker, then by start */
    size_t n_spans;
    const uint32_t *succ_begin, *succ; /* n_nodes + 1 offsets; NULL: edges are not known */
    uint32_t n_workers;
    bool serial;           /* on one thread, since the plan saw no work for several */
    bool alone;            /* on one thread, since several had just been slower: others want the CPUs too */
    int64_t duration_ns;   /* of the run */
    double wall_time;      /* of its begin, seconds since 1970 */
    uint64_t memory_bytes; /* of its buffers, at most at a time; variables are not in it */
    uint64_t lost;         /* spans for which there was no room */
    uint32_t
        n_cpus; /* that the process might use (affinity, cgroup quota) when its plan was first recorded; 0: unknown */
} leat_profile_step;

/* Recorded runs, of the plan that ran last. */
LEAT_API size_t leat_profile_steps(const leat_profile *profile);
/* The i-th of them, the oldest first; borrowed. LEAT_ERR_OUT_OF_RANGE. */
LEAT_API leat_status leat_profile_step_at(const leat_profile *profile, size_t i,
                                          leat_profile_step *step) LEAT_MUST_CHECK;

/* ---- what it says ---- */

/* What this machine can do, to compare with: measured by running multiply-adds of float vectors (in registers), and sums over
 * arrays larger than the caches, on as many threads at once as the profile has workers, but no more than there are CPUs. */
typedef struct leat_machine {
    uint32_t threads; /* 0: not measured */
    double flops;     /* a second, float32; half of it for float64 */
    double bytes;     /* a second, read from memory */
    const char *how;  /* "AVX-512 multiply-add, 2 threads"; static */
} leat_machine;

/* Measures; takes about 0.1 s, and says less than the truth while other programs run. threads 0, and more than
 * there are CPUs: as many as there are CPUs. */
LEAT_API leat_status leat_machine_measure(leat_machine *machine, uint32_t threads) LEAT_MUST_CHECK;
/* With it, tables and words name shares of its peak. */
LEAT_API void leat_profile_set_machine(leat_profile *profile, const leat_machine *machine);

/* Tables by op type and by node (of the `rows` that took most time; 0: all), the critical path, how many workers were busy,
 * memory, and the words. *text is to be freed with leat_free_bytes. All of these fail with LEAT_ERR_NOT_FOUND where nothing was
 * recorded, and with LEAT_ERR_NO_MEMORY. */
LEAT_API leat_status leat_profile_text(const leat_profile *profile, size_t rows, char **text) LEAT_MUST_CHECK;
/* What the numbers mean, a sentence a line: "2 workers idle 61 % of the run: the graph is a chain from X to Y". */
LEAT_API leat_status leat_profile_words(const leat_profile *profile, char **text) LEAT_MUST_CHECK;
/* The same as one JSON object, with all nodes and the critical path. */
LEAT_API leat_status leat_profile_json(const leat_profile *profile, char **text) LEAT_MUST_CHECK;

/* ---- for other programs ---- */

/* Writes all kept runs as a Chrome trace (the JSON that ui.perfetto.dev and chrome://tracing read): a slice an execution, a
 * track a worker, times in microseconds. The file appears whole or not at all. LEAT_ERR_IO. */
LEAT_API leat_status leat_profile_write_trace(const leat_profile *profile, const char *path) LEAT_MUST_CHECK;
/* The run of median length as a serialized RunMetadata with its StepStats, for leat_event_writer_add_run_metadata_bytes:
 * TensorBoard's graph tab then shows times and memory. *which (may be NULL) says which of the recorded runs it is, for
 * leat_profile_step_at. *bytes is to be freed with leat_free_bytes. */
LEAT_API leat_status leat_profile_run_metadata(const leat_profile *profile, size_t *which, void **bytes,
                                               size_t *size) LEAT_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
