/* plan-parts-private.h - the frozen plan and its frames, for the files of scheduler/ that make and run them.
 *
 * The serial order of a plan is the order of the ops' ids (creation order; importers create in topological order, ties by
 * node index). Node ids are positions in it, so every edge goes upwards. */
#ifndef LEAT_PLAN_PARTS_PRIVATE_H
#define LEAT_PLAN_PARTS_PRIVATE_H

#include <pthread.h>
#include "engine/plan-private.h"

#define LEAT_NO_VALUE UINT32_MAX
#define LEAT_NO_SLOT UINT32_MAX
#define LEAT_LATE_REF (UINT32_MAX - 1)

enum leat_plan_node_flag {
    LEAT_NODE_REFS = 1,      /* has ref inputs to be looked through */
    LEAT_NODE_COPY = 2,      /* an aliasing read whose value is used after a later write: it copies */
    LEAT_NODE_FETCHED = 4,   /* some output is fetched */
    LEAT_NODE_SERIAL = 8,    /* blocking */
    LEAT_NODE_CHECKED = 16,  /* some input or control input may be dead: looked at before it runs */
    LEAT_NODE_MAY_DIE = 32,  /* may itself be dead */
    LEAT_NODE_TAKES = 64,    /* its input 1 lies in a slot and is nobody else's: the memory may be kept */
    LEAT_NODE_FOLLOWS = 128, /* has inputs that follow a ref variable (plan->follow_of) */
    LEAT_NODE_LIVE =
        256, /* its output shows a ref variable's buffer, and somebody follows it (plan->live_of) */
};

typedef struct leat_plan_node {
    const leat_op *op;
    leat_kernel_fn *fn; /* NULL: nothing to compute */
    const char *label;
    uint32_t in;  /* of op->n_inputs consecutive entries in plan->inputs */
    uint32_t out; /* the first of op->n_outputs consecutive values */
    uint16_t flags;
    int16_t inplace; /* the input whose buffer output 0 may take over, or -1 */
    uint32_t
        controls; /* in plan->dead_controls: its control inputs that may be dead, ended by LEAT_NO_NODE */
} leat_plan_node;

/* An input that is read from a ref variable's buffer as that is when the node runs: what plan-state.c says of followers. */
typedef struct leat_follow {
    uint32_t live; /* in frame->lives */
    bool current;  /* false: only handed on, by a Merge; the input itself is read as it is */
} leat_follow;

struct leat_plan {
    leat_graph *graph;
    leat_state *state;
    leat_plan_options options;
    leat_plan_node *nodes;
    uint32_t n_nodes, n_values, n_inputs, n_slots, n_constants, n_feeds, n_fetches, n_captures;
    uint32_t
        base; /* values [0, n_constants) are constants, then n_feeds fed ones; nodes' outputs from here */
    uint32_t *inputs;     /* value ids */
    uint32_t *value_slot; /* by value - base; LEAT_NO_SLOT: shown from elsewhere, fetched, or on the heap */
    uint32_t *value_capture; /* by value - base: index of the capture it is fetched into, or LEAT_NO_VALUE */
    leat_tensor **constants;
    uint32_t *fetch_captures; /* by fetch: capture */
    uint32_t *captured;       /* by capture: the value */
    uint32_t *succ_begin, *succ, *pending;
    /* The four arrays are NULL where nothing follows a variable. */
    uint32_t *live_of;   /* by node: index into frame->lives, of those with LEAT_NODE_LIVE */
    uint32_t *follow_of; /* by plan->inputs: index into follows, or LEAT_NO_VALUE */
    leat_follow *follows;
    uint32_t
        *late; /* by capture: LEAT_NO_VALUE: fetched when it is made; else after all nodes, from this entry of
                     * frame->lives or, LEAT_LATE_REF, from the variable that it is a ref of */
    uint32_t n_lives, n_follows;
    uint32_t *dead_controls; /* NULL: nothing in this plan can be dead */
    uint32_t n_dead_controls;
    leat_exec_graph exec_graph;
    bool writes, blocks;
    uint64_t made; /* leat_ticks(): another plan at the same address was made at another time */

    pthread_mutex_t lock; /* guards the frame list and the making of costs */
    struct leat_frame *frames;
    _Atomic(leat_exec_costs *) costs;
    leat_exec_costs *old_costs[4];
    unsigned n_old_costs;
    float *measured; /* smallest time of each node over the measured runs */
    atomic_uint runs;
};

/* Is the capture looked at after all nodes only? */
static inline bool leat_plan_late(const leat_plan *plan, uint32_t capture)
{
    return plan->late != NULL && plan->late[capture] != LEAT_NO_VALUE;
}

typedef struct leat_slot {
    void *data;
    size_t capacity;
    leat_span *span; /* that `data` lies in; NULL: of leat_alloc_aligned */
} leat_slot;
void leat_slot_free(leat_slot *slot); /* kernel.c; leaves it empty */

/* What one run works in. Frames are kept by the plan; each serves one run at a time. */
typedef struct leat_frame {
    struct leat_frame *next;
    leat_plan *plan;
    leat_tensor *values;    /* headers, by value id */
    const leat_tensor **in; /* by plan->inputs: where a node finds its inputs */
    leat_slot *slots;
    leat_tensor *
        *lives; /* the buffers of ref variables that are followed: references held until the run ends */
    leat_tensor *followed;  /* by plan->follows: the header that its node finds */
    leat_tensor **captures; /* by capture: the fetched value */
    leat_tensor **reuse;    /* by capture: a caller's tensor to be filled again, or NULL */
    uint8_t *dead;          /* by node that may be: is it dead in this run? NULL: nothing can be */
    const char **ran;       /* by node: which of its kernels it was, where they say so */
    void **caches;          /* by node, made at the first use */
    void (**cache_free)(void *);
    leat_exec *exec;
    const leat_plan_run *run;
    uint8_t *
        held; /* by value id, padded to words: 1 where its header holds a reference (its node's alone to write) */
    atomic_bool has_bases;    /* some header does */
    atomic_size_t bytes;      /* in slots and heap values of this run */
    atomic_size_t slot_bytes; /* of them in slots, which stay */
} leat_frame;

void leat_frame_free(leat_frame *frame);
/* Is the checked node dead? Then so are its outputs. */
bool leat_frame_dead(leat_frame *frame, uint32_t node); /* dead.c */
void leat_value_die(leat_tensor *value);
static inline bool leat_value_dead(const leat_tensor *value)
{
    return value->dtype == LEAT_DTYPE_NONE;
}

/* ---- making a plan: plan.c calls these in order on a draft ---- */

typedef struct leat_edge {
    uint32_t from, to;
} leat_edge;

typedef struct leat_plan_draft {
    leat_plan *plan;
    const leat_signature *signature;
    uint32_t *first_value; /* by op id: value of output 0; LEAT_NO_VALUE: not in the plan */
    uint32_t *node_of;     /* by op id: node; LEAT_NO_NODE: none (constant, shared, fed) */
    uint8_t *marks;        /* by op id: bit 0 needed, bit 1 some output is fed */
    leat_edge *edges;      /* beyond data and control: of variables */
    size_t n_edges, edges_capacity;
    size_t nodes_capacity, inputs_capacity, constants_capacity;
    uint32_t
        n_node_values; /* values of nodes so far, counted from 0; shifted behind constants and feeds at the end */
    struct leat_share *share; /* for common subexpressions */
    struct leat_reach *reach; /* for what comes after which write */
} leat_plan_draft;

/* While drafting, value ids are tagged: constants and feeds are not yet counted. */
#define LEAT_CONST_TAG UINT32_C(0x80000000)
#define LEAT_FEED_TAG UINT32_C(0xC0000000)
#define LEAT_TAG_MASK UINT32_C(0xC0000000)

leat_status leat_plan_mark(leat_plan_draft *d) LEAT_MUST_CHECK;    /* plan-prune.c */
leat_status leat_plan_collect(leat_plan_draft *d) LEAT_MUST_CHECK; /* plan-prune.c: nodes, folding, sharing */
bool leat_plan_fed(const leat_plan_draft *d, leat_out out, uint32_t *feed);
/* The node that makes input i of an op (plan-prune.c), and that of control input i; LEAT_NO_NODE: a constant or a fed value. */
uint32_t leat_plan_input_node(const leat_plan_draft *d, const leat_op *op, uint32_t i);
static inline uint32_t leat_plan_control_node(const leat_plan_draft *d, const leat_op *op, uint32_t i)
{
    return d->node_of[op->controls[i]->id];
}
leat_status leat_plan_order_state(leat_plan_draft *d) LEAT_MUST_CHECK; /* plan-state.c */
bool leat_plan_arg_is_ref(const leat_op *op, uint32_t input);          /* plan-state.c: by its signature */
leat_status leat_plan_slots(leat_plan_draft *d) LEAT_MUST_CHECK;       /* plan-slots.c */
/* Is one of the n nodes `from` (descending ids) an ancestor of `node`, by edges of the graph alone? (plan-reach.c) */
leat_status leat_plan_reaches(leat_plan_draft *d, const uint32_t *from, uint32_t n, uint32_t node,
                              bool *reaches) LEAT_MUST_CHECK;
void leat_plan_reach_free(leat_plan_draft *d);
leat_status leat_plan_dead(leat_plan_draft *d) LEAT_MUST_CHECK; /* dead.c */
leat_status leat_plan_fold(leat_plan_draft *d, const leat_op *op, const uint32_t *in,
                           bool *folded) LEAT_MUST_CHECK; /* plan-fold.c */
/* An equal op already in the draft, or NULL; enters this one where there is none. */
leat_status leat_plan_share(leat_plan_draft *d, const leat_op *op, const uint32_t *in,
                            const leat_op **equal) LEAT_MUST_CHECK;
void leat_plan_share_free(leat_plan_draft *d);
leat_status leat_plan_first_costs(leat_plan *plan) LEAT_MUST_CHECK; /* plan-cost.c */
void leat_plan_measured(leat_plan *plan, const float *node_ns);
void leat_node_cost(const leat_op *op, const leat_tensor *const *in, const leat_tensor *out, leat_cost *cost);

#endif
