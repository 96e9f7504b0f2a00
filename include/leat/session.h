/* leat/session.h - running graphs.
 *
 * A session holds the variables of one use of a graph; several sessions of one graph are independent. Any number of threads
 * may call one session at once: runs that only read variables go side by side, a run that writes variables (or has other
 * state, such as a random stream) excludes the others while it lasts. Node values are dropped after a run; variables stay.
 * What a run means is its serial order: results are the same bits for any number of threads. */
#ifndef LEAT_SESSION_H
#define LEAT_SESSION_H

#include "leat/keywords.h"
#include "leat/profile.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct leat_session leat_session;

typedef struct leat_session_options {
    size_t size; /* sizeof(leat_session_options) */
    int threads; /* workers of a run, the caller among them; 0: CPUs that this process may use (affinity, cgroups).
                  * 1: no threads are made. Threads belong to the calling thread's OpenMP team, block all signals, and
                  * wait for the next run on their CPU for some milliseconds: GOMP_SPINCOUNT and OMP_WAIT_POLICY of the
                  * environment change that. In a forked child, runs that need them fail with LEAT_ERR_FORKED. */
    bool no_folding, no_sharing; /* leave constant arithmetic, and equal subgraphs, to the run */
} leat_session_options;

/* options may be NULL. Fails with the graph's error if building failed. */
LEAT_API leat_status leat_session_open(leat_session **session, leat_graph *graph,
                                       const leat_session_options *options) LEAT_MUST_CHECK;
/* The same for small programs: NULL on failure, the detail in leat_message(); every call on NULL fails with it. */
LEAT_API leat_session *leat_session_new(leat_graph *graph, const leat_session_options *options);
LEAT_API void leat_session_free(leat_session *session); /* no run may be going on; NULL is fine */
LEAT_API leat_graph *leat_session_graph(leat_session *session);
LEAT_API int leat_session_threads(const leat_session *session); /* workers of a run, the caller among them */

typedef struct leat_feed {
    leat_out out;       /* any tensor of the graph */
    leat_tensor *value; /* borrowed until the run returns */
} leat_feed;
typedef struct leat_fetch {
    leat_out out;
    /* Gets a reference that the caller frees. It must hold NULL, or a reference to a tensor that may be used again and else is
     * dropped, as getline(3) does with its buffer; after leat_tensor_unref set it to NULL. */
    leat_tensor **value;
} leat_fetch;
typedef struct leat_feed_list {
    const leat_feed *items;
    size_t n;
} leat_feed_list;
typedef struct leat_fetch_list {
    const leat_fetch *items;
    size_t n;
} leat_fetch_list;
typedef struct leat_target_list {
    leat_op *const *items;
    size_t n;
} leat_target_list;

#ifndef __cplusplus
#define LEAT_FEEDS(...)                                                                                      \
    ((leat_feed_list){(const leat_feed[]){__VA_ARGS__},                                                      \
                      sizeof((const leat_feed[]){__VA_ARGS__}) / sizeof(leat_feed)})
#define LEAT_FETCHES(...)                                                                                    \
    ((leat_fetch_list){(const leat_fetch[]){__VA_ARGS__},                                                    \
                       sizeof((const leat_fetch[]){__VA_ARGS__}) / sizeof(leat_fetch)})
#define LEAT_TARGETS(...)                                                                                    \
    ((leat_target_list){(leat_op *const[]){__VA_ARGS__},                                                     \
                        sizeof((leat_op *const[]){__VA_ARGS__}) / sizeof(leat_op *)})
#define LEAT_NO_FEEDS ((leat_feed_list){NULL, 0})
#define LEAT_NO_FETCHES ((leat_fetch_list){NULL, 0})
#define LEAT_NO_TARGETS ((leat_target_list){NULL, 0})
#else
#define LEAT_NO_FEEDS (leat_feed_list{nullptr, 0})
#define LEAT_NO_FETCHES (leat_fetch_list{nullptr, 0})
#define LEAT_NO_TARGETS (leat_target_list{nullptr, 0})
#endif

/* Runs what the fetches and targets need. Errors name the node: an unfed placeholder, a feed of the wrong dtype or shape, an
 * uninitialised variable (LEAT_ERR_FAILED_PRECONDITION), a kernel's own. On failure no fetch is changed; updates of ops that
 * had finished stay, no variable is half written, and the session stays usable. What is fetched of a ref variable (the variable,
 * an Identity of it, what Assign hands on) is its content when all ops have run, as in TensorFlow; of a resource variable, a
 * ReadVariableOp gives what it read. */
LEAT_API leat_status leat_run(leat_session *session, leat_feed_list feeds, leat_fetch_list fetches,
                              leat_target_list targets) LEAT_MUST_CHECK;

typedef struct leat_run_options {
    size_t size;           /* sizeof(leat_run_options) */
    double timeout;        /* seconds after which no further node is started (LEAT_ERR_DEADLINE); 0: none */
    size_t memory_limit;   /* bytes of the run's buffers (LEAT_ERR_NO_MEMORY); 0: none */
    leat_profile *profile; /* NULL, or what the run is recorded in (leat/profile.h) */
} leat_run_options;
LEAT_API leat_status leat_run_with(leat_session *session, const leat_run_options *options,
                                   leat_feed_list feeds, leat_fetch_list fetches,
                                   leat_target_list targets) LEAT_MUST_CHECK;

/* Runs the initializer of every global variable of the graph. */
LEAT_API leat_status leat_run_init(leat_session *session) LEAT_MUST_CHECK;

/* Gives a variable (the op: VariableV2 or VarHandleOp) a copy of a value of its dtype and shape. Waits for runs going on.
 * LEAT_ERR_INVALID_ARGUMENT for another dtype or shape, or an op that is no variable. */
LEAT_API leat_status leat_session_set_variable(leat_session *session, const leat_op *variable,
                                               const leat_tensor *value) LEAT_MUST_CHECK;

/* The value of one scalar (or one-element) float32, float64, int32 or int64 output; LEAT_ERR_INVALID_ARGUMENT for others. */
LEAT_API leat_status leat_eval_f32(leat_session *session, leat_out out, float *value) LEAT_MUST_CHECK;
LEAT_API leat_status leat_eval_f64(leat_session *session, leat_out out, double *value) LEAT_MUST_CHECK;
/* One fetch: *value gets a reference that the caller frees. It must hold NULL or a reference that is the call's to use again, as in
 * leat_fetch. */
LEAT_API leat_status leat_eval(leat_session *session, leat_out out, leat_tensor **value) LEAT_MUST_CHECK;

/* Makes all runs now going on stop with LEAT_ERR_CANCELLED, between nodes. Async-signal-safe; any thread. */
LEAT_API void leat_cancel(leat_session *session);

/* A prepared call: one signature of feeds, fetches and targets, without look-ups; after the first calls it allocates nothing
 * where shapes stay the same. A callable is one thread's at a time. Free it before its session. */
typedef struct leat_callable leat_callable;
LEAT_API leat_status leat_prepare(leat_callable **callable, leat_session *session, leat_out_list feeds,
                                  leat_out_list fetches, leat_target_list targets) LEAT_MUST_CHECK;
/* feeds and fetches in the order of leat_prepare; fetches as in leat_run. Either may be NULL where there are none. */
LEAT_API leat_status leat_call(leat_callable *callable, leat_tensor *const *feeds,
                               leat_tensor **fetches) LEAT_MUST_CHECK;
/* The same with a deadline, a memory limit or a profile; options may be NULL. */
LEAT_API leat_status leat_call_with(leat_callable *callable, const leat_run_options *options,
                                    leat_tensor *const *feeds, leat_tensor **fetches) LEAT_MUST_CHECK;
LEAT_API void leat_callable_free(leat_callable *callable); /* NULL is fine */

#ifdef __cplusplus
}

#include <initializer_list>
/* C++: leat_run(s, {{x, xb}}, {{mse, &out}}, {train}) */
inline leat_status leat_run(leat_session *s, std::initializer_list<leat_feed> feeds,
                            std::initializer_list<leat_fetch> fetches,
                            std::initializer_list<leat_op *> targets)
{
    return leat_run(s, leat_feed_list{feeds.begin(), feeds.size()},
                    leat_fetch_list{fetches.begin(), fetches.size()},
                    leat_target_list{targets.begin(), targets.size()});
}
inline leat_shape LEAT_SHAPE(std::initializer_list<int64_t> dims)
{
    return leat_shape_of(static_cast<int>(dims.size()), dims.begin());
}
#endif
#endif
