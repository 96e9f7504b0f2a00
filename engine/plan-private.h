/* plan-private.h - what the engine and the scheduler know of each other: making and running plans. */
#ifndef LEAT_PLAN_PRIVATE_H
#define LEAT_PLAN_PRIVATE_H

#include "engine/op-private.h"
#include "scheduler/exec-private.h"

/* Computes one op outside any run, on this thread: for constant folding and shape inference. in: n_inputs heap tensors;
 * out: n_outputs, each a new reference on success, NULL on failure. The op must be free of state and variables. */
leat_status leat_eval_op(const leat_op *op, leat_tensor *const *in, leat_tensor **out) LEAT_MUST_CHECK;

/* The value of a constant or of arithmetic over constants and static shapes: a new reference, or NULL. */
leat_tensor *leat_out_value(leat_out out);

/* ---- what a session keeps between runs ---- */

/* Variables and per-node state, by op. Thread-safe to find; a found one is used under the session's run lock. */
typedef struct leat_state leat_state;
leat_status leat_state_new(leat_state **out) LEAT_MUST_CHECK;
void leat_state_free(leat_state *state);
/* The variable or table that an op denotes: by shared_name, else by node name. NULL: out of memory. */
leat_var *leat_state_var(leat_state *state, const leat_op *op);
/* leat_session_object: of several threads that ask for it first, one makes it. */
void *leat_state_object(leat_state *state, leat_var *var, leat_make_object *make, const void *like,
                        leat_free_object *free_object);
/* Zeroed memory of an op, the same at every call. NULL: out of memory. */
void *leat_state_node(leat_state *state, const leat_op *op, size_t bytes);
bool leat_op_is_variable(const leat_op *op); /* VariableV2, Variable, VarHandleOp */

/* ---- plans ---- */

typedef struct leat_plan leat_plan;

typedef struct leat_signature {
    const leat_out *feeds;
    const leat_out *fetches;
    leat_op *const *targets;
    size_t n_feeds, n_fetches, n_targets;
} leat_signature;

typedef struct leat_plan_options {
    uint32_t n_threads;          /* workers of a parallel run; 1: always serial */
    bool no_folding, no_sharing; /* tests compare with and without */
} leat_plan_options;

/* Freezes what a run of this signature does. The graph may grow meanwhile by other calls of the same thread only. */
leat_status leat_plan_new(leat_plan **out, leat_graph *graph, leat_state *state,
                          const leat_signature *signature, const leat_plan_options *options) LEAT_MUST_CHECK;
void leat_plan_free(leat_plan *plan);
/* Does a run change variables or node state? Such a run excludes all others of the session. */
bool leat_plan_writes(const leat_plan *plan);
bool leat_plan_blocks(const leat_plan *plan); /* may wait for another run: takes no run lock */

typedef struct leat_plan_run {
    leat_pool *pool; /* NULL: serial */
    const _Atomic uint32_t *cancel;
    uint32_t cancel_base;
    double deadline;              /* leat_now(); 0: none */
    size_t memory_limit;          /* bytes of this run's buffers; 0: none */
    struct leat_profile *profile; /* NULL: off */
    int mode;                     /* 0: as the plan thinks best; 1: serial; 2: parallel */
    void (*before_node)(void *arg, uint32_t node, uint32_t worker);
    void *before_node_arg;
} leat_plan_run;

/* feeds: n_feeds borrowed tensors, checked. fetches: n_fetches; each *fetch is overwritten by a new reference (an old one that
 * nobody else holds, of the same dtype and size, is used again). Any number of threads at once. */
leat_status leat_plan_execute(leat_plan *plan, const leat_plan_run *run, leat_tensor *const *feeds,
                              leat_tensor **fetches) LEAT_MUST_CHECK;

/* What running the op once costs by static shapes, unknown dimensions taken as given; false where there were some. Nothing for ops
 * that only pass on what they get, are not known, or have very many inputs. */
bool leat_op_static_cost(const leat_op *op, int64_t unknown, leat_cost *cost);

#endif
