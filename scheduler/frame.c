/* frame.c - what a run works in, and the run itself: a flat loop, or the parallel executor. */
#include <string.h>
#include "profile-private.h"

static void free_memory(leat_frame *f)
{
    leat_plan *p = f->plan;
    for (uint32_t i = 0; f->slots != NULL && i < p->n_slots; i++)
        leat_slot_free(&f->slots[i]);
    for (uint32_t i = 0; f->caches != NULL && f->cache_free != NULL && i < p->n_nodes; i++)
        if (f->caches[i] != NULL)
            f->cache_free[i](f->caches[i]);
    leat_exec_free(f->exec);
    leat_free(f->values);
    leat_free(f->in);
    leat_free(f->slots);
    leat_free(f->lives);
    leat_free(f->followed);
    leat_free(f->captures);
    leat_free(f->held);
    leat_free(f->dead);
    leat_free(f->reuse);
    leat_free(f->ran);
    leat_free(f->caches);
    leat_free(f->cache_free);
}

void leat_frame_free(leat_frame *f)
{
    if (f == NULL)
        return;
    free_memory(f);
    leat_free(f);
}

static leat_status new_frame(leat_plan *p, leat_frame **frame)
{
    leat_frame *f = leat_alloc_zero(1, sizeof *f);
    if (f == NULL)
        return leat_fail_memory(sizeof *f);
    f->plan = p;
    f->values = leat_alloc_zero((size_t)p->n_values + 1, sizeof *f->values);
    f->in = leat_alloc_zero((size_t)p->n_inputs + 1, sizeof *f->in);
    f->slots = leat_alloc_zero((size_t)p->n_slots + 1, sizeof *f->slots);
    f->captures = leat_alloc_zero((size_t)p->n_captures + 1, sizeof *f->captures);
    f->reuse = leat_alloc_zero((size_t)p->n_captures + 1, sizeof *f->reuse);
    f->held = leat_alloc_zero((size_t)p->n_values + 8, 1);
    f->ran = leat_alloc_zero((size_t)p->n_nodes + 1, sizeof *f->ran);
    f->caches = leat_alloc_zero((size_t)p->n_nodes + 1, sizeof *f->caches);
    f->cache_free = leat_alloc_zero((size_t)p->n_nodes + 1, sizeof *f->cache_free);
    f->lives = leat_alloc_zero((size_t)p->n_lives + 1, sizeof *f->lives);
    f->followed = leat_alloc_zero((size_t)p->n_follows + 1, sizeof *f->followed);
    leat_status status = LEAT_OK;
    if (p->dead_controls != NULL)
        f->dead = leat_alloc_zero((size_t)p->n_nodes + 1, 1);
    if (!f->lives || !f->followed || (p->dead_controls != NULL && !f->dead) || !f->values || !f->in ||
        !f->slots || !f->captures || !f->held || !f->reuse || !f->ran || !f->caches || !f->cache_free)
        status = leat_fail_memory(p->n_values * sizeof *f->values);
    if (status == LEAT_OK)
        status = leat_exec_new(&f->exec, &p->exec_graph, p->options.n_threads);
    if (status != LEAT_OK) {
        leat_frame_free(f);
        return status;
    }
    for (uint32_t i = 0; i < p->n_inputs; i++) /* constants are read where they are */
        f->in[i] = p->inputs[i] < p->n_constants ? p->constants[p->inputs[i]] : &f->values[p->inputs[i]];
    for (uint32_t i = 0; p->n_follows > 0 && i < p->n_inputs; i++)
        if (p->follow_of[i] != LEAT_NO_VALUE && p->follows[p->follow_of[i]].current)
            f->in[i] = &f->followed[p->follow_of[i]];
    *frame = f;
    return LEAT_OK;
}

static leat_status frame_get(leat_plan *p, leat_frame **frame)
{
    pthread_mutex_lock(&p->lock);
    leat_frame *f = p->frames;
    if (f != NULL)
        p->frames = f->next;
    pthread_mutex_unlock(&p->lock);
    if (f == NULL)
        LEAT_TRY(new_frame(p, &f));
    *frame = f;
    return LEAT_OK;
}

/* Most headers hold none: eight are passed over at a time, without a look at them. */
static void drop_bases(leat_frame *f)
{
    uint32_t n = f->plan->n_values;
    for (uint32_t word = 0; word < n; word += 8) {
        uint64_t held;
        memcpy(&held, f->held + word, sizeof held);
        if (held == 0)
            continue;
        for (uint32_t i = word; i < word + 8; i++)
            if (f->held[i]) {
                leat_tensor_unref(f->values[i].base);
                f->values[i].base = NULL;
            }
        memset(f->held + word, 0, sizeof held);
    }
}

/* Drops what the run has left: references of headers, captures not handed out. */
static void frame_put(leat_frame *f)
{
    leat_plan *p = f->plan;
    if (atomic_load_explicit(&f->has_bases, memory_order_relaxed)) {
        drop_bases(f);
        atomic_store_explicit(&f->has_bases, false, memory_order_relaxed);
    }
    for (uint32_t i = 0; i < p->n_lives; i++) {
        leat_tensor_unref(f->lives[i]);
        f->lives[i] = NULL;
    }
    for (uint32_t i = 0; i < p->n_captures; i++) {
        leat_tensor_unref(f->captures[i]);
        f->captures[i] = NULL;
        leat_tensor_unref(f->reuse[i]);
        f->reuse[i] = NULL;
    }
    f->run = NULL;
    pthread_mutex_lock(&p->lock);
    f->next = p->frames;
    p->frames = f;
    pthread_mutex_unlock(&p->lock);
}

/* ---- one node ---- */

/* Ref inputs are looked through at the time of use: the plan's edges say that no write is going on. */
static leat_status look_through(leat_frame *f, const leat_plan_node *n)
{
    const leat_op *op = n->op;
    for (uint32_t i = 0; i < op->n_inputs; i++) {
        if (!op->inputs[i].op->outputs[op->inputs[i].index].is_ref)
            continue;
        const leat_tensor *header = &f->values[f->plan->inputs[n->in + i]];
        if (header->var == NULL) /* fed: a plain value */
            continue;
        if (header->var->value != NULL)
            f->in[n->in + i] = header->var->value;
        else if (op->type->def->flags & LEAT_OP_REF_RAW)
            f->in[n->in + i] = header;
        else
            return leat_op_fail(op, LEAT_ERR_FAILED_PRECONDITION, "Attempting to use uninitialized value %s",
                                header->var->name);
    }
    return LEAT_OK;
}

/* A value of the same dtype and shape that lies in the buffer that is followed; where there is none, as `value`. */
static leat_tensor followed_value(const leat_tensor *value, const leat_tensor *live)
{
    return (leat_tensor){.dtype = value->dtype,
                         .shape = value->shape,
                         .elements = value->elements,
                         .data = live != NULL && !leat_value_dead(value) ? live->data : value->data};
}

/* Headers of inputs that follow a variable: where its buffer is now. The plan's edges say that no write is going on. */
static void follow(leat_frame *f, const leat_plan_node *n)
{
    const leat_plan *p = f->plan;
    for (uint32_t at = n->in; at < n->in + n->op->n_inputs; at++) {
        uint32_t i = p->follow_of[at];
        if (i != LEAT_NO_VALUE && p->follows[i].current)
            f->followed[i] = followed_value(&f->values[p->inputs[at]], f->lives[p->follows[i].live]);
    }
}

/* The node has made a value that shows a variable's buffer: the buffer stays for those who follow it, even if the variable gets
 * another one. */
static void keep_live(leat_frame *f, uint32_t node, const leat_plan_node *n)
{
    const leat_plan *p = f->plan;
    uint32_t taken = 0;
    if (n->op->type->def->flags & LEAT_OP_MERGES)
        taken = (uint32_t) * (const int32_t *)f->values[n->out + 1].data;
    uint32_t i = p->follow_of[n->in + taken];
    const leat_tensor *in = &f->values[p->inputs[n->in + taken]];
    leat_tensor *live = in->var != NULL ? in->var->value : NULL;
    if (i != LEAT_NO_VALUE)
        live = f->lives[p->follows[i].live];
    f->lives[p->live_of[node]] = live != NULL ? leat_tensor_ref(live) : NULL;
}

static uint32_t first_fetch(const leat_plan *p, uint32_t capture)
{
    uint32_t i = 0;
    while (i + 1 < p->n_fetches && p->fetch_captures[i] != capture)
        i++;
    return i;
}

/* A copy of the value for its fetches; no copy where the value lies on the heap by itself, made for this. */
static leat_status capture(leat_frame *f, const leat_op *op, const leat_tensor *value, uint32_t c)
{
    if (leat_value_dead(value))
        return leat_op_fail(op, LEAT_ERR_INVALID_ARGUMENT,
                            "Retval[%u] does not have value: it belongs to a branch that was not taken",
                            first_fetch(f->plan, c));
    if (value->var != NULL && value->dtype != LEAT_RESOURCE) {
        if (value->var->value == NULL)
            return leat_op_fail(op, LEAT_ERR_FAILED_PRECONDITION, "Attempting to use uninitialized value %s",
                                value->var->name);
        value = value->var->value;
    } else if (value->base != NULL && value->base->data == value->data &&
               leat_shape_equal(value->base->shape, value->shape)) {
        f->captures[c] = leat_tensor_ref(value->base);
        return LEAT_OK;
    }
    leat_tensor *reuse = f->reuse[c];
    if (reuse != NULL && reuse->dtype == value->dtype && reuse->dtype != LEAT_STRING &&
        leat_tensor_bytes(reuse) == leat_tensor_bytes(value)) {
        f->reuse[c] = NULL;
        reuse->shape = value->shape;
        if (value->elements > 0)
            memcpy(reuse->data, value->data, leat_tensor_bytes(value));
        f->captures[c] = reuse;
        return LEAT_OK;
    }
    f->captures[c] = leat_tensor_copy(value);
    return f->captures[c] != NULL ? LEAT_OK
                                  : leat_op_fail(op, LEAT_ERR_NO_MEMORY, "no memory for the fetched value");
}

static leat_status capture_outputs(leat_frame *f, const leat_plan_node *n)
{
    const leat_plan *p = f->plan;
    for (uint32_t i = 0; i < n->op->n_outputs; i++) {
        uint32_t c = p->value_capture[n->out + i - p->base];
        if (c != LEAT_NO_VALUE && !leat_plan_late(p, c))
            LEAT_TRY(capture(f, n->op, &f->values[n->out + i], c));
    }
    return LEAT_OK;
}

/* What the executor calls for a node of a run: `run` is its frame. */
static leat_status run_node(void *run, uint32_t node, leat_worker *worker)
{
    leat_frame *f = run;
    leat_plan *p = f->plan;
    const leat_plan_node *n = &p->nodes[node];
    if ((n->flags & LEAT_NODE_CHECKED) && leat_frame_dead(f, node))
        return (n->flags & LEAT_NODE_FETCHED) ? capture_outputs(f, n) : LEAT_OK;
    if (n->fn == NULL)
        return LEAT_OK;
    if (n->flags & LEAT_NODE_REFS)
        LEAT_TRY(look_through(f, n));
    if (n->flags & LEAT_NODE_FOLLOWS)
        follow(f, n);
    leat_kernel k = {.op = n->op,
                     .in = f->in + n->in,
                     .out = f->values + n->out,
                     .node = node,
                     .n_in = n->op->n_inputs,
                     .n_out = n->op->n_outputs,
                     .worker = worker,
                     .frame = f};
    LEAT_TRY(n->fn(&k));
    if (n->flags & LEAT_NODE_LIVE)
        keep_live(f, node, n);
    return (n->flags & LEAT_NODE_FETCHED) ? capture_outputs(f, n) : LEAT_OK;
}

/* ---- a run ---- */

static leat_status stopped(const leat_plan_run *r)
{
    /* Acquire is not needed: cancelling carries no data with it. */
    if (r->cancel != NULL && atomic_load_explicit(r->cancel, memory_order_relaxed) != r->cancel_base)
        return leat_fail(LEAT_ERR_CANCELLED, "the run was cancelled");
    if (r->deadline != 0 && leat_now() > r->deadline)
        return leat_fail(LEAT_ERR_DEADLINE, "the run took longer than its time limit");
    return LEAT_OK;
}

/* Without a deadline, profile or hooks: no clock, no atomics but the cancel flag's relaxed load. */
static leat_status run_plain(leat_frame *f, leat_worker *w)
{
    const leat_plan_run *r = f->run;
    for (uint32_t node = 0; node < f->plan->n_nodes; node++) {
        if (r->cancel != NULL && atomic_load_explicit(r->cancel, memory_order_relaxed) != r->cancel_base)
            return stopped(r);
        LEAT_TRY(run_node(f, node, w));
        leat_exec_serial_node(w);
    }
    return LEAT_OK;
}

/* node_ns get ticks. One reading of the counter ends a node and begins the next. */
static leat_status run_watched(leat_frame *f, leat_worker *w, const leat_exec_costs *costs, float *node_ns)
{
    const leat_plan_run *r = f->run;
    leat_ring *ring = r->profile != NULL ? leat_rings_of(leat_profile_rings(r->profile), 0) : NULL;
    uint64_t start = leat_ticks();
    for (uint32_t node = 0; node < f->plan->n_nodes; node++) {
        float cost_ns = costs->node[node].cost_ns;
        LEAT_TRY(stopped(r));
        if (r->before_node != NULL)
            r->before_node(r->before_node_arg, node, 0);
        if (r->before_node != NULL || cost_ns > LEAT_RING_ALONE_NS) {
            uint64_t now = leat_ticks();
            if (ring != NULL)
                leat_ring_close(ring, start, now);
            start = now;
        }
        LEAT_TRY(run_node(f, node, w));
        leat_exec_serial_node(w);
        if (ring != NULL && leat_ring_share(ring, node, cost_ns))
            continue;
        uint64_t end = leat_ticks();
        if (node_ns != NULL)
            node_ns[node] = (float)(end - start);
        if (ring != NULL)
            leat_ring_add(ring, node, cost_ns, start, end);
        start = end;
    }
    if (ring != NULL)
        leat_ring_close(ring, start, leat_ticks());
    return LEAT_OK;
}

static leat_status run_serial(leat_frame *f, const leat_exec_costs *costs, bool measured, float *node_ns)
{
    leat_exec_serial serial;
    leat_worker *w = leat_exec_serial_enter(f->exec, &serial);
    const leat_plan_run *r = f->run;
    bool watched = r->deadline != 0 || r->profile != NULL || r->before_node != NULL || node_ns != NULL;
    leat_exec_clock clock;
    if (r->profile != NULL)
        leat_rings_begin(leat_profile_rings(r->profile), node_ns != NULL || !measured);
    if (node_ns != NULL)
        leat_exec_clock_start(&clock);
    leat_status status = watched ? run_watched(f, w, costs, node_ns) : run_plain(f, w);
    if (r->profile != NULL)
        leat_rings_end(leat_profile_rings(r->profile));
    if (node_ns != NULL)
        leat_exec_clock_to_ns(&clock, node_ns, f->plan->n_nodes);
    leat_exec_serial_leave(&serial);
    return status;
}

static leat_status run_parallel(leat_frame *f, const leat_exec_costs *costs, bool measured, float *node_ns)
{
    const leat_plan_run *r = f->run;
    leat_exec_args args = {.pool = r->pool,
                           .costs = costs,
                           .run_node = run_node,
                           .run = f,
                           .cancel = r->cancel,
                           .cancel_base = r->cancel_base,
                           .deadline = r->deadline,
                           .profile = r->profile != NULL ? leat_profile_rings(r->profile) : NULL,
                           .costs_measured = measured,
                           .node_ns = node_ns,
                           .insist = r->mode == 2,
                           .before_node = r->before_node,
                           .before_node_arg = r->before_node_arg};
    return leat_exec_run(f->exec, &args, NULL);
}

static leat_status run_frame(leat_frame *f, bool *serial)
{
    leat_plan *p = f->plan;
    const leat_plan_run *r = f->run;
    /* Acquire pairs with the release in plan-cost.c: the costs' content is there. */
    const leat_exec_costs *costs = atomic_load_explicit(&p->costs, memory_order_acquire);
    bool parallel = r->mode == 2 || (r->mode == 0 && leat_exec_costs_parallel(costs));
    parallel = parallel && r->pool != NULL && p->options.n_threads > 1;
    *serial = !parallel;
    float *node_ns = NULL;
    unsigned run = atomic_fetch_add_explicit(&p->runs, 1, memory_order_relaxed);
    if (run >= 1 && run <= 3) /* runs 2 to 4 are measured; without memory they are not */
        node_ns = leat_alloc_zero((size_t)p->n_nodes + 1, sizeof *node_ns);
    bool measured = run > 3;
    leat_status status =
        parallel ? run_parallel(f, costs, measured, node_ns) : run_serial(f, costs, measured, node_ns);
    if (node_ns != NULL && status == LEAT_OK)
        leat_plan_measured(p, node_ns);
    leat_free(node_ns);
    return status;
}

static void set_feeds(leat_frame *f, leat_tensor *const *feeds)
{
    leat_plan *p = f->plan;
    for (uint32_t i = 0; i < p->n_feeds; i++) {
        leat_tensor *h = &f->values[p->n_constants + i];
        *h = (leat_tensor){.dtype = feeds[i]->dtype,
                           .shape = feeds[i]->shape,
                           .elements = feeds[i]->elements,
                           .data = feeds[i]->data};
    }
}

/* Constants and fed tensors fetched themselves. */
static leat_status capture_given(leat_frame *f)
{
    leat_plan *p = f->plan;
    for (uint32_t c = 0; c < p->n_captures; c++) {
        uint32_t id = p->captured[c];
        if (id >= p->base)
            continue;
        f->captures[c] = leat_tensor_copy(id < p->n_constants ? p->constants[id] : &f->values[id]);
        if (f->captures[c] == NULL)
            return LEAT_ERR_NO_MEMORY;
    }
    return LEAT_OK;
}

static const leat_op *op_of_value(const leat_plan *p, uint32_t id)
{
    uint32_t low = 0, high = p->n_nodes; /* of nodes: outputs ascend */
    while (high - low > 1) {
        uint32_t mid = low + (high - low) / 2;
        *(p->nodes[mid].out <= id ? &low : &high) = mid;
    }
    return p->nodes[low].op;
}

/* Fetches that wait for the last write. */
static leat_status capture_late(leat_frame *f)
{
    leat_plan *p = f->plan;
    for (uint32_t c = 0; p->late != NULL && c < p->n_captures; c++) {
        uint32_t live = p->late[c];
        if (live == LEAT_NO_VALUE)
            continue;
        leat_tensor *value = &f->values[p->captured[c]], now;
        const leat_op *op = op_of_value(p, p->captured[c]);
        if (live != LEAT_LATE_REF && f->lives[live] != NULL)
            now = followed_value(value, f->lives[live]);
        LEAT_TRY(capture(f, op, live != LEAT_LATE_REF && f->lives[live] != NULL ? &now : value, c));
    }
    return LEAT_OK;
}

/* What the caller handed in to be overwritten is used again if nobody else holds it; on failure it stays the caller's. */
static void offer_reuse(leat_frame *f, leat_tensor **fetches)
{
    leat_plan *p = f->plan;
    for (uint32_t i = 0; i < p->n_fetches; i++) {
        leat_tensor *old = fetches[i];
        uint32_t c = p->fetch_captures[i];
        if (old != NULL && f->reuse[c] == NULL && old->base == NULL &&
            atomic_load_explicit(&old->refs, memory_order_acquire) == 1) {
            f->reuse[c] = old;
            fetches[i] = NULL;
        }
    }
}

leat_status leat_plan_execute(leat_plan *p, const leat_plan_run *run, leat_tensor *const *feeds,
                              leat_tensor **fetches)
{
    leat_frame *f;
    LEAT_TRY(frame_get(p, &f));
    leat_status status = run->profile != NULL ? leat_profile_take(run->profile, f) : LEAT_OK;
    if (status != LEAT_OK) {
        frame_put(f);
        return status;
    }
    bool serial;
    f->run = run;
    atomic_store_explicit(&f->bytes, atomic_load_explicit(&f->slot_bytes, memory_order_relaxed),
                          memory_order_relaxed);
    set_feeds(f, feeds);
    offer_reuse(f, fetches);
    status = run_frame(f, &serial);
    if (run->profile != NULL) {
        leat_status given = leat_profile_give(run->profile, f, status == LEAT_OK, serial);
        status = status != LEAT_OK ? status : given;
    }
    if (status == LEAT_OK)
        status = capture_given(f);
    if (status == LEAT_OK)
        status = capture_late(f);
    for (uint32_t i = 0; status == LEAT_OK && i < p->n_fetches; i++) {
        leat_tensor *value = leat_tensor_ref(f->captures[p->fetch_captures[i]]);
        leat_tensor_unref(fetches[i]);
        fetches[i] = value;
    }
    frame_put(f);
    return status;
}
