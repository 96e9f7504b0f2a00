/* profile.c - recorded runs: a plan's nodes by name, and for each kept run the events of its rings as spans. */
#include <string.h>
#include "profile-private.h"
#include "profile/figures-private.h"

#define RING_LEAST 4096u       /* events a worker: tiles of few nodes */
#define RINGS_MOST (64u << 20) /* events of all workers together */
#define JOIN_NS 2000           /* tiles of a node that a helper runs with less between them are one span */

typedef struct recorded {
    leat_profile_span *spans;
    size_t n_spans, capacity;
    int64_t duration_ns;
    double wall_time;
    uint64_t memory_bytes, lost;
    uint32_t n_workers;
    bool serial;
} recorded;

struct leat_profile {
    size_t keep;
    atomic_bool used; /* by a run */
    leat_rings *rings;
    uint32_t ring_workers;
    size_t ring_events;

    /* Of the plan that ran last. */
    const leat_plan *plan;
    leat_arena text;
    leat_profile_node *nodes;
    const leat_op **ops;
    char **shapes;  /* by node; kept here since they may change from run to run */
    uint64_t *keys; /* by node: of the shapes that it last had */
    uint64_t feeds_key;
    unsigned n_unchanged; /* runs since the shapes fed have changed */
    size_t n_nodes;
    uint32_t *succ_begin, *succ;

    recorded *runs; /* a ring of `keep` */
    size_t n_runs, first;
    leat_machine machine;
};

leat_status leat_profile_new(leat_profile **out, const leat_profile_options *options)
{
    *out = NULL;
    leat_profile *p = leat_alloc_zero(1, sizeof *p);
    if (p == NULL)
        return leat_fail_memory(sizeof *p);
    p->keep = options != NULL && options->keep > 0 ? options->keep : 1;
    p->runs = leat_alloc_zero(p->keep, sizeof *p->runs);
    if (p->runs == NULL) {
        leat_free(p);
        return leat_fail_memory(sizeof *p);
    }
    *out = p;
    return LEAT_OK;
}

void leat_profile_clear(leat_profile *p)
{
    for (size_t i = 0; i < p->keep; i++) {
        leat_free(p->runs[i].spans);
        p->runs[i] = (recorded){0};
    }
    p->n_runs = p->first = 0;
}

static void forget_plan(leat_profile *p)
{
    leat_profile_clear(p);
    for (size_t i = 0; p->shapes != NULL && i < p->n_nodes; i++)
        leat_free(p->shapes[i]);
    leat_free(p->shapes);
    leat_free(p->keys);
    leat_free(p->nodes);
    leat_free(p->ops);
    leat_free(p->succ_begin);
    leat_free(p->succ);
    leat_arena_free(&p->text);
    p->shapes = NULL;
    p->keys = NULL;
    p->feeds_key = 0;
    p->n_unchanged = 0;
    p->nodes = NULL;
    p->ops = NULL;
    p->succ_begin = p->succ = NULL;
    p->text = (leat_arena){0};
    p->n_nodes = 0;
    p->plan = NULL;
}

void leat_profile_free(leat_profile *p)
{
    if (p == NULL)
        return;
    forget_plan(p);
    leat_rings_free(p->rings);
    leat_free(p->runs);
    leat_free(p);
}

void leat_profile_set_machine(leat_profile *p, const leat_machine *machine)
{
    p->machine = *machine;
}

/* ---- the plan ---- */

static bool same_plan(const leat_profile *p, const leat_plan *plan)
{
    if (p->plan != plan || p->n_nodes != plan->n_nodes)
        return false;
    for (uint32_t i = 0; i < plan->n_nodes; i++) /* a freed plan's address may have come again */
        if (p->ops[i] != plan->nodes[i].op)
            return false;
    return true;
}

static const char *keep_text(leat_profile *p, const char *text, leat_status *status)
{
    const char *kept = leat_arena_strndup(&p->text, text, strlen(text));
    if (kept == NULL)
        *status = leat_fail_memory(strlen(text));
    return kept;
}

/* As a NodeDef names them. */
static void put_inputs(leat_buf *b, const leat_op *op)
{
    leat_buf_clear(b);
    for (uint32_t i = 0; i < op->n_inputs; i++) {
        leat_buf_printf(b, "%s%s", i > 0 ? ", " : "", op->inputs[i].op->name);
        if (op->inputs[i].index > 0)
            leat_buf_printf(b, ":%d", op->inputs[i].index);
    }
    for (uint32_t i = 0; i < op->n_controls; i++)
        leat_buf_printf(b, "%s^%s", b->size > 0 ? ", " : "", op->controls[i]->name);
}

/* Computes in floating point; what only moves data does no arithmetic, whatever its dtype. */
static uint32_t float_bytes(const leat_op *op)
{
    static const char *const movers[] = {"Assign",       "BroadcastTo",    "Cast",
                                         "Concat",       "ConcatV2",       "Const",
                                         "DepthToSpace", "Diag",           "DiagPart",
                                         "ExpandDims",   "Fill",           "Gather",
                                         "GatherNd",     "GatherV2",       "Identity",
                                         "IdentityN",    "Merge",          "MirrorPad",
                                         "OnesLike",     "Pack",           "Pad",
                                         "PadV2",        "Placeholder",    "Reshape",
                                         "Reverse",      "ReverseV2",      "Select",
                                         "SelectV2",     "Shape",          "Slice",
                                         "SpaceToDepth", "Split",          "SplitV",
                                         "Squeeze",      "StopGradient",   "StridedSlice",
                                         "Switch",       "Tile",           "Transpose",
                                         "Unpack",       "VariableV2",     "Where",
                                         "ZerosLike",    "ReadVariableOp", "AssignVariableOp",
                                         "RefSwitch",    "RefMerge",       "StridedSliceGrad"};
    for (size_t i = 0; i < LEAT_LEN(movers); i++)
        if (strcmp(op->type_name, movers[i]) == 0)
            return 0;
    for (uint32_t i = 0; i < op->n_inputs + op->n_outputs; i++) {
        const leat_op_out *o = i < op->n_inputs ? &op->inputs[i].op->outputs[op->inputs[i].index]
                                                : &op->outputs[i - op->n_inputs];
        if (leat_dtype_is_floating(o->dtype)) /* half and bfloat16 compute in float */
            return o->dtype == LEAT_DOUBLE ? 8 : 4;
    }
    return 0;
}

static leat_status copy_edges(leat_profile *p, const leat_plan *plan)
{
    size_t begins = ((size_t)plan->n_nodes + 1) * sizeof *p->succ_begin;
    size_t edges = ((size_t)plan->succ_begin[plan->n_nodes] + 1) * sizeof *p->succ;
    p->succ_begin = leat_alloc(begins);
    p->succ = leat_alloc(edges);
    if (p->succ_begin == NULL || p->succ == NULL)
        return leat_fail_memory(begins + edges);
    memcpy(p->succ_begin, plan->succ_begin, begins);
    memcpy(p->succ, plan->succ, edges - sizeof *p->succ);
    return LEAT_OK;
}

static leat_status learn_plan(leat_profile *p, const leat_plan *plan)
{
    leat_status status = LEAT_OK;
    leat_buf inputs = {0};
    size_t n = (size_t)plan->n_nodes + 1;
    p->nodes = leat_alloc_zero(n, sizeof *p->nodes);
    p->ops = leat_alloc_zero(n, sizeof *p->ops);
    p->shapes = leat_alloc_zero(n, sizeof *p->shapes);
    p->keys = leat_alloc_zero(n, sizeof *p->keys);
    if (p->nodes == NULL || p->ops == NULL || p->shapes == NULL || p->keys == NULL)
        return leat_fail_memory(n * sizeof *p->nodes);
    p->n_nodes = plan->n_nodes;
    for (uint32_t i = 0; status == LEAT_OK && i < plan->n_nodes; i++) {
        const leat_op *op = plan->nodes[i].op;
        put_inputs(&inputs, op);
        status = leat_buf_status(&inputs);
        if (status != LEAT_OK)
            break;
        p->ops[i] = op;
        p->nodes[i] =
            (leat_profile_node){.name = keep_text(p, op->name, &status),
                                .op = keep_text(p, op->type_name, &status),
                                .kernel = plan->nodes[i].label != NULL ? plan->nodes[i].label : "",
                                .shapes = "",
                                .inputs = keep_text(p, inputs.data != NULL ? inputs.data : "", &status),
                                .float_bytes = float_bytes(op)};
    }
    leat_buf_free(&inputs);
    if (status == LEAT_OK)
        status = copy_edges(p, plan);
    p->plan = plan;
    return status;
}

/* Room for every node and some tiles on any worker, within reason: what is lost is counted. */
static leat_status make_rings(leat_profile *p, const leat_plan *plan)
{
    uint32_t workers = LEAT_MAX(plan->options.n_threads, 1u);
    size_t events = LEAT_MIN((size_t)plan->n_nodes + RING_LEAST, (size_t)RINGS_MOST / workers);
    if (p->rings != NULL && p->ring_workers >= workers && p->ring_events >= events)
        return LEAT_OK;
    leat_rings_free(p->rings);
    p->rings = NULL;
    LEAT_TRY(leat_rings_new(&p->rings, workers, events));
    p->ring_workers = workers;
    p->ring_events = events;
    return LEAT_OK;
}

leat_status leat_profile_take(leat_profile *p, leat_frame *f)
{
    if (atomic_exchange(&p->used, true))
        return leat_fail(LEAT_ERR_FAILED_PRECONDITION, "the profile is being used by another run");
    leat_status status = LEAT_OK;
    if (!same_plan(p, f->plan)) {
        forget_plan(p);
        status = learn_plan(p, f->plan);
        if (status != LEAT_OK)
            forget_plan(p);
    }
    if (status == LEAT_OK)
        status = make_rings(p, f->plan);
    if (status != LEAT_OK)
        atomic_store(&p->used, false);
    return status;
}

leat_rings *leat_profile_rings(leat_profile *p)
{
    return p->rings;
}

/* ---- after a run ---- */

static leat_status note_shapes(leat_profile *p, const leat_plan_node *n, const leat_tensor *out,
                               uint32_t node, leat_buf *text)
{
    leat_buf_clear(text);
    for (uint32_t i = 0; i < n->op->n_outputs && text->size < 400; i++) {
        const leat_tensor *t = &out[i];
        if (t->dtype == LEAT_DTYPE_NONE)
            continue;
        if (t->var != NULL && t->var->value != NULL)
            t = t->var->value;
        leat_buf_printf(text, "%s%s[", text->size > 0 ? "," : "", leat_dtype_name(t->dtype));
        for (int d = 0; d < leat_shape_rank(&t->shape); d++)
            leat_buf_printf(text, d > 0 ? ",%lld" : "%lld", (long long)t->shape.dims[d]);
        leat_buf_puts(text, "]");
    }
    LEAT_TRY(leat_buf_status(text));
    const char *now = text->data != NULL ? text->data : "";
    if (strcmp(p->nodes[node].shapes, now) == 0)
        return LEAT_OK;
    char *kept = leat_strdup(now);
    if (kept == NULL)
        return leat_fail_memory(text->size);
    leat_free(p->shapes[node]);
    p->shapes[node] = kept;
    p->nodes[node].shapes = kept;
    return LEAT_OK;
}

/* Of the shapes that a node's text and cost depend on: its outputs', and how many elements its inputs had. Never 0. */
static inline uint64_t key_of(const leat_op *op, const leat_tensor *const *in, const leat_tensor *out)
{
    uint64_t key = 1;
    for (uint32_t i = 0; i < op->n_inputs; i++)
        key = (key ^ (uint64_t)in[i]->elements) * UINT64_C(0x9e3779b97f4a7c15);
    for (uint32_t i = 0; i < op->n_outputs; i++) {
        const leat_tensor *t = out[i].var != NULL && out[i].var->value != NULL ? out[i].var->value : &out[i];
        key = (key ^ (uint64_t)(t->shape.rank_plus_1 + 16 * (int)t->dtype)) * UINT64_C(0xbf58476d1ce4e5b9);
        for (int d = 0; d < leat_shape_rank(&t->shape); d++)
            key = (key ^ (uint64_t)t->shape.dims[d]) * UINT64_C(0x94d049bb133111eb);
    }
    return key | 1;
}

/* What the node computed and moved, by the shapes that it had in this run. */
static leat_status note_node(leat_profile *p, leat_frame *f, uint32_t node, leat_buf *text)
{
    const leat_plan *plan = f->plan;
    const leat_plan_node *n = &plan->nodes[node];
    leat_profile_node *to = &p->nodes[node];
    const leat_tensor *out = f->values + n->out;
    unsigned flags = n->op->type->def->flags;
    leat_cost cost = {0, 0};
    if (n->fn == NULL || (f->dead != NULL && (n->flags & LEAT_NODE_MAY_DIE) && f->dead[node]))
        return LEAT_OK;
    uint64_t key = key_of(n->op, f->in + n->in, out);
    if (p->keys[node] == key) /* nearly always: what a run records must not take longer than the run */
        return LEAT_OK;
    LEAT_TRY(note_shapes(p, n, out, node, text));
    p->keys[node] = key;
    bool shows = flags & (LEAT_OP_ALIAS | LEAT_OP_SWITCHES | LEAT_OP_MERGES);
    if (!shows && !leat_op_is_variable(n->op))
        leat_node_cost(n->op, f->in + n->in, out, &cost);
    to->flops = to->float_bytes > 0 ? cost.flops : 0;
    to->bytes = cost.bytes;
    to->out_bytes = 0;
    for (uint32_t i = 0; i < n->op->n_outputs && !shows; i++)
        if (out[i].dtype != LEAT_DTYPE_NONE && out[i].var == NULL)
            to->out_bytes += (uint64_t)out[i].elements * leat_dtype_bytes(out[i].dtype);
    return LEAT_OK;
}

/* Ticks to nanoseconds of a run. */
typedef struct converter {
    uint64_t start;
    double tick_ns;
    int64_t duration;
} converter;

static inline int64_t to_ns(const converter *c, uint64_t ticks)
{
    int64_t ns = (int64_t)((double)(int64_t)(ticks - c->start) * c->tick_ns);
    return LEAT_MIN(LEAT_MAX(ns, 0), c->duration);
}

/* A helper's tiles of one node, one right after the other, are one span; and no span begins before the one before it ended, by
 * rounding. Returns where the next span goes. */
static leat_profile_span *add_spans(const converter *c, const leat_ring_event *events, size_t n,
                                    size_t n_nodes, leat_profile_span *first, leat_profile_span *to)
{
    for (size_t i = 0; i < n; i++) {
        const leat_ring_event *e = &events[i];
        leat_profile_span s = {to_ns(c, e->start), to_ns(c, e->end), e->node, e->worker, e->tiles};
        if (e->node >= n_nodes)
            continue;
        leat_profile_span *before = to > first ? to - 1 : NULL;
        if (before != NULL)
            s.start_ns = LEAT_MAX(s.start_ns, before->end_ns);
        s.end_ns = LEAT_MAX(s.end_ns, s.start_ns);
        if (before != NULL && e->tiles > 0 && before->tiles > 0 && before->node == e->node &&
            s.start_ns - before->end_ns < JOIN_NS && before->tiles < UINT16_MAX) {
            before->tiles++;
            before->end_ns = s.end_ns;
            continue;
        }
        *to++ = s;
    }
    return to;
}

/* The place of the next run among those kept; what it held goes. */
static leat_status next_place(leat_profile *p, size_t n_spans, recorded **place)
{
    size_t at = p->n_runs < p->keep ? p->n_runs : p->first;
    recorded *r = &p->runs[at];
    if (r->capacity < n_spans) {
        leat_profile_span *spans = leat_alloc((n_spans + 1) * sizeof *spans);
        if (spans == NULL)
            return leat_fail_memory(n_spans * sizeof *spans);
        leat_free(r->spans);
        r->spans = spans;
        r->capacity = n_spans;
    }
    if (p->n_runs < p->keep)
        p->n_runs++;
    if (p->n_runs == p->keep)
        p->first = (at + 1) % p->keep;
    *place = r;
    return LEAT_OK;
}

static leat_status record(leat_profile *p, leat_frame *f, bool serial)
{
    uint32_t workers = LEAT_MAX(f->plan->options.n_threads, 1u);
    size_t n = 0, part;
    uint64_t all_lost = 0, lost;
    recorded *r = NULL;
    for (uint32_t w = 0; w < workers; w++) {
        n += leat_rings_count(p->rings, w, &lost);
        all_lost += lost;
    }
    LEAT_TRY(next_place(p, n, &r));
    converter c = {leat_rings_start(p->rings), leat_rings_tick_ns(p->rings),
                   (int64_t)(leat_rings_duration(p->rings) * 1e9)};
    leat_profile_span *to = r->spans;
    for (uint32_t w = 0; w < workers; w++) {
        leat_profile_span *first = to;
        for (int k = 0; k < 2; k++) {
            const leat_ring_event *events = leat_rings_part(p->rings, w, k, &part);
            to = add_spans(&c, events, part, p->n_nodes, first, to);
        }
    }
    r->n_spans = (size_t)(to - r->spans);
    r->n_workers = workers;
    r->serial = serial;
    r->duration_ns = c.duration;
    r->wall_time = leat_rings_wall(p->rings);
    r->memory_bytes = atomic_load_explicit(&f->bytes, memory_order_relaxed);
    r->lost = all_lost;
    return LEAT_OK;
}

/* Shapes follow from the shapes fed, but for a few ops whose outputs depend on values: after three runs of the same ones a look at
 * every sixteenth run is enough, so that recording costs next to nothing beside the run. */
static bool time_to_look(leat_profile *p, const leat_frame *f)
{
    uint64_t key = 1;
    for (uint32_t i = 0; i < f->plan->n_feeds; i++) {
        const leat_tensor *t = &f->values[f->plan->n_constants + i];
        key = (key ^ (uint64_t)t->shape.rank_plus_1) * UINT64_C(0x9e3779b97f4a7c15);
        for (int d = 0; d < leat_shape_rank(&t->shape); d++)
            key = (key ^ (uint64_t)t->shape.dims[d]) * UINT64_C(0x94d049bb133111eb);
    }
    p->n_unchanged = key == p->feeds_key ? p->n_unchanged + 1 : 0;
    p->feeds_key = key;
    return p->n_unchanged < 3 || p->n_unchanged % 16 == 0;
}

leat_status leat_profile_give(leat_profile *p, leat_frame *f, bool keep, bool serial)
{
    leat_status status = LEAT_OK;
    leat_buf text = {0};
    bool look = keep && time_to_look(p, f);
    for (uint32_t i = 0; look && status == LEAT_OK && i < f->plan->n_nodes; i++)
        status = note_node(p, f, i, &text);
    if (keep && status == LEAT_OK)
        status = record(p, f, serial);
    leat_buf_free(&text);
    atomic_store(&p->used, false);
    return status;
}

/* ---- what it says ---- */

size_t leat_profile_steps(const leat_profile *p)
{
    return p->n_runs;
}

static leat_profile_step step_at(const leat_profile *p, size_t i)
{
    const recorded *r = &p->runs[p->n_runs < p->keep ? i : (p->first + i) % p->keep];
    return (leat_profile_step){.nodes = p->nodes,
                               .n_nodes = p->n_nodes,
                               .spans = r->spans,
                               .n_spans = r->n_spans,
                               .succ_begin = p->succ_begin,
                               .succ = p->succ,
                               .n_workers = r->n_workers,
                               .serial = r->serial,
                               .duration_ns = r->duration_ns,
                               .wall_time = r->wall_time,
                               .memory_bytes = r->memory_bytes,
                               .lost = r->lost};
}

leat_status leat_profile_step_at(const leat_profile *p, size_t i, leat_profile_step *step)
{
    if (i >= p->n_runs)
        return leat_fail(LEAT_ERR_OUT_OF_RANGE, "run %zu of a profile that holds %zu", i, p->n_runs);
    *step = step_at(p, i);
    return LEAT_OK;
}

static leat_status all_steps(const leat_profile *p, leat_profile_step **steps)
{
    *steps = NULL;
    if (p->n_runs == 0)
        return leat_fail(LEAT_ERR_NOT_FOUND, "the profile has recorded no run");
    *steps = leat_alloc(p->n_runs * sizeof **steps);
    if (*steps == NULL)
        return leat_fail_memory(p->n_runs * sizeof **steps);
    for (size_t i = 0; i < p->n_runs; i++)
        (*steps)[i] = step_at(p, i);
    return LEAT_OK;
}

typedef void put_fn(leat_buf *out, const leat_figures *f, size_t rows);

static void put_words_only(leat_buf *out, const leat_figures *f, size_t rows)
{
    (void)rows;
    leat_put_words(out, f);
}

static void put_json(leat_buf *out, const leat_figures *f, size_t rows)
{
    (void)rows;
    leat_put_profile_json(out, f);
}

static void put_text(leat_buf *out, const leat_figures *f, size_t rows)
{
    leat_put_tables(out, f, rows);
    leat_buf_puts(out, "\n");
    leat_put_words(out, f);
    leat_buf_puts(out, "\n");
}

static leat_status tell(const leat_profile *p, put_fn *put, size_t rows, char **text)
{
    leat_profile_step *steps;
    leat_figures f = {0};
    leat_buf out = {0};
    *text = NULL;
    LEAT_TRY(all_steps(p, &steps));
    leat_status status = leat_figures_make(&f, steps, p->n_runs, &p->machine);
    if (status == LEAT_OK) {
        locale_t old = leat_c_numbers_begin();
        put(&out, &f, rows);
        leat_c_numbers_end(old);
        status = leat_buf_status(&out);
    }
    leat_figures_free(&f);
    leat_free(steps);
    if (status != LEAT_OK)
        leat_buf_free(&out);
    else
        *text = out.data;
    return status;
}

leat_status leat_profile_text(const leat_profile *p, size_t rows, char **text)
{
    return tell(p, put_text, rows, text);
}

leat_status leat_profile_words(const leat_profile *p, char **text)
{
    return tell(p, put_words_only, 0, text);
}

leat_status leat_profile_json(const leat_profile *p, char **text)
{
    return tell(p, put_json, 0, text);
}
