/* profile.c - recorded runs: for each kept one the events of its rings as spans.
 *
 * A run leaves its events in the rings, and nothing more is done for them until somebody looks or the next run needs the rings: a
 * caller that profiles a thousand runs and looks at the last pays for the spans of one. There are two sets of rings, since a run
 * that fails must leave the one before as it was. */
#include <string.h>
#include "profile-private.h"

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
    bool serial, alone;
    uint8_t *dead; /* by node: it lies in a branch that was not taken; NULL: the plan has no branches */
} recorded;

typedef struct ring_set {
    leat_rings *rings;
    uint32_t workers;
    size_t events;
} ring_set;

struct leat_profile {
    size_t keep;
    atomic_bool used; /* by a run */
    ring_set sets[2];
    unsigned set;           /* of the run that is going on, or comes next */
    recorded *fresh;        /* the latest run, while its spans are still events of the other set; else NULL */
    leat_profile_plan plan; /* that ran last */
    recorded *runs;         /* a ring of `keep` */
    size_t n_runs, first;
    leat_machine machine;
    pthread_mutex_t lock; /* several readers at once may be the first to look at the latest run */
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
    pthread_mutex_init(&p->lock, NULL);
    *out = p;
    return LEAT_OK;
}

void leat_profile_clear(leat_profile *p)
{
    for (size_t i = 0; i < p->keep; i++) {
        leat_free(p->runs[i].spans);
        leat_free(p->runs[i].dead);
        p->runs[i] = (recorded){0};
    }
    p->n_runs = p->first = 0;
    p->fresh = NULL;
}

void leat_profile_free(leat_profile *p)
{
    if (p == NULL)
        return;
    leat_profile_clear(p);
    leat_profile_plan_forget(&p->plan);
    for (size_t i = 0; i < LEAT_LEN(p->sets); i++)
        leat_rings_free(p->sets[i].rings);
    pthread_mutex_destroy(&p->lock);
    leat_free(p->runs);
    leat_free(p);
}

void leat_profile_set_machine(leat_profile *p, const leat_machine *machine)
{
    p->machine = *machine;
}

const leat_machine *leat_profile_machine(const leat_profile *p)
{
    return &p->machine;
}

/* ---- from events to spans ---- */

/* A helper's tiles of one node, one right after the other, are one span. Returns where the next span goes. */
static leat_profile_span *add_spans(const leat_rings *rings, uint32_t worker, leat_profile_span *to)
{
    leat_profile_span *before = NULL;
    leat_ring_walk walk = {0};
    leat_ring_span s;
    while (leat_rings_next(rings, worker, &walk, &s)) {
        if (before != NULL && s.helper && before->tiles > 0 && before->node == s.node &&
            s.start_ns - before->end_ns < JOIN_NS && before->tiles < UINT16_MAX) {
            before->tiles++;
            before->end_ns = s.end_ns;
            continue;
        }
        before = to;
        *to++ = (leat_profile_span){s.start_ns, s.end_ns, s.node, (uint16_t)worker, s.helper};
    }
    return to;
}

/* A worker that goes straight on reads the clock once between two nodes, before it releases the first one's successors. The
 * second may have waited some nanoseconds more for another worker's node: none begins before what it waits for has ended. */
static leat_status put_in_order(const leat_profile_plan *plan, recorded *r)
{
    int64_t *earliest = leat_alloc_zero(plan->n_nodes + 1, sizeof *earliest);
    uint32_t *span_of = leat_alloc((plan->n_nodes + 1) * sizeof *span_of);
    if (earliest == NULL || span_of == NULL) {
        leat_free(earliest);
        leat_free(span_of);
        return leat_fail_memory(plan->n_nodes * sizeof *earliest);
    }
    memset(span_of, 0xff, (plan->n_nodes + 1) * sizeof *span_of);
    for (size_t i = 0; i < r->n_spans && i < UINT32_MAX; i++)
        if (r->spans[i].tiles == 0)
            span_of[r->spans[i].node] = (uint32_t)i;
    for (size_t n = 0; n < plan->n_nodes; n++) {
        if (span_of[n] == UINT32_MAX)
            continue;
        leat_profile_span *s = &r->spans[span_of[n]];
        s->start_ns = LEAT_MIN(LEAT_MAX(s->start_ns, earliest[n]), s->end_ns);
        for (uint32_t i = plan->succ_begin[n]; i < plan->succ_begin[n + 1]; i++)
            earliest[plan->succ[i]] = LEAT_MAX(earliest[plan->succ[i]], s->end_ns);
    }
    leat_free(earliest);
    leat_free(span_of);
    return LEAT_OK;
}

/* Passing over a dead node takes no time worth telling, and TensorFlow does not tell it either. */
static void drop_dead(recorded *r)
{
    size_t kept = 0;
    for (size_t i = 0; i < r->n_spans; i++)
        if (!r->dead[r->spans[i].node])
            r->spans[kept++] = r->spans[i];
    r->n_spans = kept;
}

static leat_status make_spans(leat_profile *p, recorded *r)
{
    leat_rings *rings = p->sets[1 - p->set].rings;
    size_t n = 0;
    uint64_t lost;
    leat_rings_calibrate(rings);
    r->lost = 0;
    for (uint32_t w = 0; w < r->n_workers; w++) {
        n += leat_rings_count(rings, w, &lost);
        r->lost += lost;
    }
    if (r->capacity < n) {
        leat_profile_span *spans = leat_alloc((n + 1) * sizeof *spans);
        if (spans == NULL)
            return leat_fail_memory(n * sizeof *spans);
        leat_free(r->spans);
        r->spans = spans;
        r->capacity = n;
    }
    leat_profile_span *to = r->spans;
    for (uint32_t w = 0; w < r->n_workers; w++)
        to = add_spans(rings, w, to);
    r->n_spans = (size_t)(to - r->spans);
    r->duration_ns = leat_rings_duration(rings);
    r->wall_time = leat_rings_wall(rings);
    if (r->n_workers > 1)
        LEAT_TRY(put_in_order(&p->plan, r));
    if (r->dead != NULL)
        drop_dead(r);
    return LEAT_OK;
}

static leat_status settle(leat_profile *p)
{
    leat_status status = LEAT_OK;
    pthread_mutex_lock(&p->lock);
    if (p->fresh != NULL)
        status = make_spans(p, p->fresh);
    if (status == LEAT_OK)
        p->fresh = NULL;
    pthread_mutex_unlock(&p->lock);
    return status;
}

/* ---- around a run ---- */

/* Room for every node and some tiles on any worker, within reason: what is lost is counted. */
static leat_status make_rings(ring_set *set, const leat_plan *plan)
{
    uint32_t workers = LEAT_MAX(plan->options.n_threads, 1u);
    size_t events = LEAT_MIN((size_t)plan->n_nodes + RING_LEAST, (size_t)RINGS_MOST / workers);
    if (set->rings != NULL && set->workers >= workers && set->events >= events)
        return LEAT_OK;
    leat_rings_free(set->rings);
    *set = (ring_set){0};
    LEAT_TRY(leat_rings_new(&set->rings, workers, events));
    set->workers = workers;
    set->events = events;
    return LEAT_OK;
}

leat_status leat_profile_take(leat_profile *p, leat_frame *f)
{
    if (atomic_exchange(&p->used, true))
        return leat_fail(LEAT_ERR_FAILED_PRECONDITION, "the profile is being used by another run");
    leat_status status = LEAT_OK;
    if (!leat_profile_plan_is(&p->plan, f->plan)) {
        leat_profile_clear(p);
        status = leat_profile_plan_learn(&p->plan, f->plan);
    } else if (p->keep > 1) {
        status = settle(p);
    }
    if (status == LEAT_OK)
        status = make_rings(&p->sets[p->set], f->plan);
    if (status != LEAT_OK)
        atomic_store(&p->used, false);
    return status;
}

leat_rings *leat_profile_rings(leat_profile *p)
{
    return p->sets[p->set].rings;
}

/* The place of the next run among those kept; what it held goes. */
static size_t next_place(const leat_profile *p)
{
    return p->n_runs < p->keep ? p->n_runs : p->first;
}

static void advance(leat_profile *p)
{
    size_t at = next_place(p);
    if (p->n_runs < p->keep)
        p->n_runs++;
    if (p->n_runs == p->keep)
        p->first = (at + 1) % p->keep;
}

/* The frame's array is written by nodes that may die only, and serves the next run. */
static leat_status note_dead(recorded *r, const leat_frame *f)
{
    const leat_plan *plan = f->plan;
    if (f->dead == NULL)
        return LEAT_OK;
    if (r->dead == NULL)
        r->dead = leat_alloc(plan->n_nodes + (size_t)1);
    if (r->dead == NULL)
        return leat_fail_memory(plan->n_nodes + (size_t)1);
    for (uint32_t i = 0; i < plan->n_nodes; i++)
        r->dead[i] = (plan->nodes[i].flags & LEAT_NODE_MAY_DIE) && f->dead[i];
    return LEAT_OK;
}

leat_status leat_profile_give(leat_profile *p, leat_frame *f, bool keep, bool serial)
{
    recorded *r = &p->runs[next_place(p)];
    leat_status status = keep ? leat_profile_plan_look(&p->plan, f) : LEAT_OK;
    if (keep && status == LEAT_OK)
        status = note_dead(r, f);
    if (keep && status == LEAT_OK) {
        advance(p);
        r->n_workers = LEAT_MAX(f->plan->options.n_threads, 1u);
        r->serial = serial;
        r->alone = !serial && leat_exec_ran_alone(f->exec);
        r->memory_bytes = atomic_load_explicit(&f->bytes, memory_order_relaxed);
        p->fresh = r;
        p->set = 1 - p->set;
    }
    atomic_store(&p->used, false);
    return status;
}

/* ---- what was recorded ---- */

size_t leat_profile_steps(const leat_profile *p)
{
    return p->n_runs;
}

leat_status leat_profile_step_at(const leat_profile *p, size_t i, leat_profile_step *step)
{
    if (i >= p->n_runs)
        return leat_fail(LEAT_ERR_OUT_OF_RANGE, "run %zu of a profile that holds %zu", i, p->n_runs);
    LEAT_TRY(settle((leat_profile *)(uintptr_t)p)); /* what a reader sees does not change by it */
    const recorded *r = &p->runs[p->n_runs < p->keep ? i : (p->first + i) % p->keep];
    *step = (leat_profile_step){.nodes = p->plan.nodes,
                                .n_nodes = p->plan.n_nodes,
                                .spans = r->spans,
                                .n_spans = r->n_spans,
                                .succ_begin = p->plan.succ_begin,
                                .succ = p->plan.succ,
                                .n_workers = r->n_workers,
                                .serial = r->serial,
                                .alone = r->alone,
                                .duration_ns = r->duration_ns,
                                .wall_time = r->wall_time,
                                .memory_bytes = r->memory_bytes,
                                .lost = r->lost,
                                .n_cpus = p->plan.n_cpus};
    return LEAT_OK;
}
