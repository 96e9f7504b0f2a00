/* session.c - sessions, the cache of plans, running. */
#include <stdio.h>
#include <string.h>
#include "session-private.h"
#include "leat/build.h"

leat_status leat_session_open(leat_session **session, leat_graph *graph, const leat_session_options *options)
{
    *session = NULL;
    LEAT_TRY(leat_graph_status(graph));
    if (options != NULL && options->threads < 0)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "a session can't have %d threads", options->threads);
    leat_session *s = leat_alloc_zero(1, sizeof *s);
    if (s == NULL)
        return leat_fail_memory(sizeof *s);
    s->graph = graph;
    pthread_rwlock_init(&s->run_lock, NULL);
    pthread_mutex_init(&s->plan_lock, NULL);
    leat_status status = leat_state_new(&s->state);
    if (status == LEAT_OK)
        status = leat_pool_new(&s->pool, options != NULL ? (uint32_t)options->threads : 0);
    if (status != LEAT_OK) {
        leat_session_free(s);
        return status;
    }
    s->plan_options.n_threads = leat_pool_size(s->pool);
    if (options != NULL) {
        s->plan_options.no_folding = options->no_folding;
        s->plan_options.no_sharing = options->no_sharing;
    }
    *session = s;
    return LEAT_OK;
}

leat_session *leat_session_new(leat_graph *graph, const leat_session_options *options)
{
    leat_session *s;
    return leat_session_open(&s, graph, options) == LEAT_OK ? s : NULL;
}

static void free_prepared(leat_prepared *p)
{
    leat_plan_free(p->plan);
    leat_free((void *)p->signature.feeds);
    leat_free((void *)p->signature.fetches);
    leat_free((void *)p->signature.targets);
    leat_free(p);
}

void leat_session_free(leat_session *s)
{
    if (s == NULL)
        return;
    while (s->prepared != NULL) {
        leat_prepared *next = s->prepared->next;
        free_prepared(s->prepared);
        s->prepared = next;
    }
    leat_pool_free(s->pool);
    leat_state_free(s->state);
    pthread_rwlock_destroy(&s->run_lock);
    pthread_mutex_destroy(&s->plan_lock);
    leat_free(s);
}

leat_graph *leat_session_graph(leat_session *s)
{
    return s != NULL ? s->graph : NULL;
}

int leat_session_threads(const leat_session *s)
{
    return s != NULL ? (int)s->plan_options.n_threads : 0;
}

void leat_cancel(leat_session *s)
{
    /* Relaxed: no data goes with it. Lock-free, hence async-signal-safe. */
    atomic_fetch_add_explicit(&s->cancel, 1, memory_order_relaxed);
}

/* ---- signatures ---- */

static uint64_t hash_outs(const leat_out *outs, size_t n, uint64_t h)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t key[2] = {(uint64_t)(uintptr_t)outs[i].op, (uint64_t)outs[i].index};
        h = leat_hash(key, sizeof key, h + 1);
    }
    return h;
}

static uint64_t hash_signature(const leat_signature *sig)
{
    uint64_t h = hash_outs(sig->feeds, sig->n_feeds, 1);
    h = hash_outs(sig->fetches, sig->n_fetches, h + 2);
    return sig->n_targets > 0 ? leat_hash(sig->targets, sig->n_targets * sizeof *sig->targets, h) : h;
}

static bool outs_equal(const leat_out *a, const leat_out *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (a[i].op != b[i].op || a[i].index != b[i].index)
            return false;
    return true;
}

static bool signature_equal(const leat_signature *a, const leat_signature *b)
{
    return a->n_feeds == b->n_feeds && a->n_fetches == b->n_fetches && a->n_targets == b->n_targets &&
           outs_equal(a->feeds, b->feeds, a->n_feeds) && outs_equal(a->fetches, b->fetches, a->n_fetches) &&
           (a->n_targets == 0 || memcmp(a->targets, b->targets, a->n_targets * sizeof *a->targets) == 0);
}

static leat_status check_out(const leat_session *s, leat_out out, const char *what)
{
    if (out.op == NULL)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "a %s is none", what);
    if (leat_op_graph(out.op) != s->graph)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "the %s '%s' is of another graph", what,
                         leat_op_name(out.op));
    if (out.op->pending)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT,
                         "the %s is a number that no op has taken: leat_constant makes a node", what);
    if (out.index < 0 || out.index >= leat_op_outputs(out.op))
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "the %s '%s:%d': node '%s' (%s) has %d outputs", what,
                         leat_op_name(out.op), out.index, leat_op_name(out.op), leat_op_type(out.op),
                         leat_op_outputs(out.op));
    return LEAT_OK;
}

static leat_status check_signature(const leat_session *s, const leat_signature *sig)
{
    for (size_t i = 0; i < sig->n_feeds; i++) {
        LEAT_TRY(check_out(s, sig->feeds[i], "feed"));
        for (size_t k = 0; k < i; k++)
            if (outs_equal(&sig->feeds[i], &sig->feeds[k], 1))
                return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "'%s:%d' is fed twice",
                                 leat_op_name(sig->feeds[i].op), sig->feeds[i].index);
    }
    for (size_t i = 0; i < sig->n_fetches; i++)
        LEAT_TRY(check_out(s, sig->fetches[i], "fetch"));
    for (size_t i = 0; i < sig->n_targets; i++) {
        if (sig->targets[i] == NULL)
            return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "a target is none");
        if (leat_op_graph(sig->targets[i]) != s->graph)
            return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "the target '%s' is of another graph",
                             leat_op_name(sig->targets[i]));
    }
    return LEAT_OK;
}

static void *duplicate(const void *from, size_t bytes)
{
    void *copy = leat_alloc(bytes + 1);
    if (copy != NULL && bytes > 0)
        memcpy(copy, from, bytes);
    return copy;
}

static leat_status prepare(leat_session *s, const leat_signature *sig, uint64_t hash, leat_prepared **out)
{
    LEAT_TRY(check_signature(s, sig));
    leat_prepared *p = leat_alloc_zero(1, sizeof *p);
    if (p == NULL)
        return leat_fail_memory(sizeof *p);
    p->hash = hash;
    p->signature = *sig;
    p->signature.feeds = duplicate(sig->feeds, sig->n_feeds * sizeof *sig->feeds);
    p->signature.fetches = duplicate(sig->fetches, sig->n_fetches * sizeof *sig->fetches);
    p->signature.targets = duplicate(sig->targets, sig->n_targets * sizeof *sig->targets);
    leat_status status = LEAT_OK;
    if (!p->signature.feeds || !p->signature.fetches || !p->signature.targets)
        status = leat_fail_memory(sig->n_fetches * sizeof *sig->fetches);
    if (status == LEAT_OK)
        status = leat_plan_new(&p->plan, s->graph, s->state, &p->signature, &s->plan_options);
    if (status != LEAT_OK) {
        free_prepared(p);
        return status;
    }
    p->next = s->prepared;
    s->prepared = p;
    *out = p;
    return LEAT_OK;
}

leat_status leat_session_plan(leat_session *s, const leat_signature *sig, leat_prepared **prepared)
{
    LEAT_TRY(leat_graph_status(s->graph));
    uint64_t hash = hash_signature(sig);
    leat_status status = LEAT_OK;
    pthread_mutex_lock(&s->plan_lock);
    leat_prepared *p = s->prepared;
    while (p != NULL && (p->hash != hash || !signature_equal(&p->signature, sig)))
        p = p->next;
    if (p == NULL)
        status = prepare(s, sig, hash, &p);
    pthread_mutex_unlock(&s->plan_lock);
    *prepared = p;
    return status;
}

/* ---- running ---- */

static leat_status check_feed(leat_out out, const leat_tensor *value)
{
    char a[160], b[160];
    if (value == NULL)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "node '%s' (%s): the fed value is none", out.op->name,
                         out.op->type_name);
    const leat_op_out *o = &out.op->outputs[out.index];
    if (value->dtype != o->dtype)
        return leat_op_fail(out.op, LEAT_ERR_INVALID_ARGUMENT, "'%s:%d' is %s, the fed value is %s",
                            out.op->name, out.index, leat_dtype_name(o->dtype),
                            leat_dtype_name(value->dtype));
    if (!leat_shape_merge(o->shape, &value->shape, NULL))
        return leat_op_fail(out.op, LEAT_ERR_INVALID_ARGUMENT,
                            "Cannot feed value of shape %s for tensor '%s:%d', which has shape %s",
                            leat_shape_print(value->shape, a, sizeof a), out.op->name, out.index,
                            leat_shape_print(*o->shape, b, sizeof b));
    return LEAT_OK;
}

leat_status leat_session_execute_hooked(leat_session *s, leat_prepared *p, const leat_run_options *options,
                                        const leat_run_hooks *hooks, leat_tensor *const *feeds,
                                        leat_tensor **fetches)
{
    for (size_t i = 0; i < p->signature.n_feeds; i++)
        LEAT_TRY(check_feed(p->signature.feeds[i], feeds[i]));
    leat_plan_run run = {.pool = s->pool,
                         .cancel = &s->cancel,
                         .cancel_base = atomic_load_explicit(&s->cancel, memory_order_relaxed)};
    if (options != NULL) {
        run.deadline = options->timeout > 0 ? leat_now() + options->timeout : 0;
        run.memory_limit = options->memory_limit;
        run.profile = options->profile;
    }
    if (hooks != NULL) {
        run.mode = hooks->mode;
        run.before_node = hooks->before_node;
        run.before_node_arg = hooks->arg;
    }
    bool locked = !leat_plan_blocks(p->plan);
    if (locked && leat_plan_writes(p->plan))
        pthread_rwlock_wrlock(&s->run_lock);
    else if (locked)
        pthread_rwlock_rdlock(&s->run_lock);
    leat_status status = leat_plan_execute(p->plan, &run, feeds, fetches);
    if (locked)
        pthread_rwlock_unlock(&s->run_lock);
    return status;
}

/* Checks the feeds and runs. */
static leat_status execute(leat_session *s, leat_prepared *p, const leat_run_options *options,
                           leat_tensor *const *feeds, leat_tensor **fetches)
{
    if ((feeds == NULL && p->signature.n_feeds > 0) || (fetches == NULL && p->signature.n_fetches > 0))
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "the array of %s is NULL",
                         feeds == NULL && p->signature.n_feeds > 0 ? "feeds" : "fetches");
    return leat_session_execute_hooked(s, p, options, NULL, feeds, fetches);
}

/* Arrays of one call: small ones on the stack. */
typedef struct call_arrays {
    leat_out few_outs[16];
    leat_tensor *few_tensors[16];
    leat_out *outs;
    leat_tensor **tensors;
} call_arrays;

static leat_status take_arrays(call_arrays *a, size_t n)
{
    a->outs = a->few_outs;
    a->tensors = a->few_tensors;
    if (n <= LEAT_LEN(a->few_outs))
        return LEAT_OK;
    a->outs = leat_alloc(n * sizeof *a->outs);
    a->tensors = leat_alloc(n * sizeof *a->tensors);
    return a->outs != NULL && a->tensors != NULL ? LEAT_OK : leat_fail_memory(n * sizeof *a->outs);
}

static void give_arrays(call_arrays *a)
{
    if (a->outs != a->few_outs)
        leat_free(a->outs);
    if (a->tensors != a->few_tensors)
        leat_free(a->tensors);
}

leat_status leat_run_with(leat_session *s, const leat_run_options *options, leat_feed_list feeds,
                          leat_fetch_list fetches, leat_target_list targets)
{
    if (s == NULL)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "the session is NULL");
    for (size_t i = 0; i < fetches.n; i++)
        if (fetches.items[i].value == NULL)
            return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "fetch %zu has no place for its value", i);
    call_arrays a;
    leat_prepared *p = NULL;
    leat_status status = take_arrays(&a, feeds.n + fetches.n);
    for (size_t i = 0; status == LEAT_OK && i < feeds.n; i++) {
        a.outs[i] = feeds.items[i].out;
        a.tensors[i] = feeds.items[i].value;
    }
    for (size_t i = 0; status == LEAT_OK && i < fetches.n; i++) {
        a.outs[feeds.n + i] = fetches.items[i].out;
        a.tensors[feeds.n + i] = *fetches.items[i].value;
    }
    if (status == LEAT_OK) {
        leat_signature sig = {a.outs, a.outs + feeds.n, targets.items, feeds.n, fetches.n, targets.n};
        status = leat_session_plan(s, &sig, &p);
    }
    if (status == LEAT_OK) {
        status = execute(s, p, options, a.tensors, a.tensors + feeds.n);
        for (size_t i = 0; i < fetches.n; i++) /* on failure too: an old tensor may have been used up */
            *fetches.items[i].value = a.tensors[feeds.n + i];
    }
    give_arrays(&a);
    return status;
}

leat_status leat_run(leat_session *s, leat_feed_list feeds, leat_fetch_list fetches, leat_target_list targets)
{
    return leat_run_with(s, NULL, feeds, fetches, targets);
}

leat_status leat_eval(leat_session *s, leat_out out, leat_tensor **value)
{
    leat_fetch fetch = {out, value};
    return leat_run(s, (leat_feed_list){NULL, 0}, (leat_fetch_list){&fetch, 1}, (leat_target_list){NULL, 0});
}

leat_status leat_eval_f64(leat_session *s, leat_out out, double *value)
{
    leat_tensor *t = NULL;
    LEAT_TRY(leat_eval(s, out, &t));
    leat_status status = LEAT_OK;
    if (t->elements != 1)
        status = leat_op_fail(out.op, LEAT_ERR_INVALID_ARGUMENT, "the value has %lld elements, not one",
                              (long long)t->elements);
    else if (t->dtype == LEAT_FLOAT)
        *value = *(float *)t->data;
    else if (t->dtype == LEAT_DOUBLE)
        *value = *(double *)t->data;
    else if (t->dtype == LEAT_INT32)
        *value = *(int32_t *)t->data;
    else if (t->dtype == LEAT_INT64)
        *value = (double)*(int64_t *)t->data;
    else
        status =
            leat_op_fail(out.op, LEAT_ERR_INVALID_ARGUMENT, "the value is %s", leat_dtype_name(t->dtype));
    leat_tensor_unref(t);
    return status;
}

leat_status leat_eval_f32(leat_session *s, leat_out out, float *value)
{
    double d;
    LEAT_TRY(leat_eval_f64(s, out, &d));
    *value = (float)d;
    return LEAT_OK;
}

/* ---- callables ---- */

struct leat_callable {
    leat_session *session;
    leat_prepared *prepared;
};

leat_status leat_prepare(leat_callable **callable, leat_session *s, leat_out_list feeds,
                         leat_out_list fetches, leat_target_list targets)
{
    *callable = NULL;
    if (s == NULL)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "the session is NULL");
    leat_signature sig = {feeds.items, fetches.items, targets.items, feeds.n, fetches.n, targets.n};
    leat_prepared *p;
    LEAT_TRY(leat_session_plan(s, &sig, &p));
    leat_callable *c = leat_alloc(sizeof *c);
    if (c == NULL)
        return leat_fail_memory(sizeof *c);
    *c = (leat_callable){s, p};
    *callable = c;
    return LEAT_OK;
}

leat_status leat_call(leat_callable *c, leat_tensor *const *feeds, leat_tensor **fetches)
{
    return execute(c->session, c->prepared, NULL, feeds, fetches);
}

leat_status leat_call_with(leat_callable *c, const leat_run_options *options, leat_tensor *const *feeds,
                           leat_tensor **fetches)
{
    return execute(c->session, c->prepared, options, feeds, fetches);
}

void leat_callable_free(leat_callable *c)
{
    leat_free(c);
}

/* ---- initializers ---- */

leat_status leat_run_init(leat_session *s)
{
    if (s == NULL)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "the session is NULL: %s", leat_message());
    size_t n = leat_collection_count(s->graph, LEAT_GLOBAL_VARIABLES), kept = 0;
    leat_op **ops = leat_alloc((n + 1) * sizeof *ops);
    if (ops == NULL)
        return leat_fail_memory(n * sizeof *ops);
    for (size_t i = 0; i < n; i++) {
        leat_op *init = leat_initializer(leat_collection_get(s->graph, LEAT_GLOBAL_VARIABLES, i));
        if (init != NULL)
            ops[kept++] = init;
    }
    leat_status status =
        leat_run(s, (leat_feed_list){NULL, 0}, (leat_fetch_list){NULL, 0}, (leat_target_list){ops, kept});
    leat_free(ops);
    return status;
}
