/* figures.c - recorded runs added up: by node, by op type, by worker, over time; the critical path. */
#include "config.h"
#include "profile/figures-private.h"

#include <stdlib.h>
#include <string.h>

static double span_ns(const leat_profile_span *s)
{
    return (double)s->end_ns - (double)s->start_ns;
}

static int by_double(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int by_float(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* The lower one of the two in the middle: a time that was measured. */
static float median_of(float *sorted, size_t n)
{
    qsort(sorted, n, sizeof *sorted, by_float);
    return sorted[(n - 1) / 2];
}

static void *zeroed(size_t n, size_t size, leat_status *status)
{
    void *p = leat_alloc_zero(n + 1, size);
    if (p == NULL)
        *status = leat_fail_memory((n + 1) * size);
    return p;
}

/* ---- rows ---- */

/* When a node ran, by the op type's number. */
typedef struct interval {
    uint32_t op;
    int64_t start_ns, end_ns;
} interval;

typedef struct adding {
    leat_figures *f;
    const leat_profile_step *steps;
    size_t n_steps;
    leat_profile_row *all; /* by node */
    float *wall;           /* by node, then step */
    float *op_wall;        /* by op type, then step */
    float *op_during;      /* likewise: how long one or more of its nodes ran */
    interval *intervals;   /* of a step */
    uint32_t *op_of;       /* by node */
    leat_profile_row *ops;
    size_t n_ops;
} adding;

/* Means are of the runs no longer than the median one: a slower run tells more of other programs than of the graph, and one that
 * lost its processor for a moment would take all the shares. */
static void add_steps(adding *a)
{
    int64_t limit = a->f->typical.duration_ns;
    size_t counted = 0;
    for (size_t k = 0; k < a->n_steps; k++)
        counted += a->steps[k].duration_ns <= limit;
    for (size_t k = 0; k < a->n_steps; k++) {
        const leat_profile_step *s = &a->steps[k];
        double each = s->duration_ns <= limit ? 1.0 / (double)counted : 0;
        a->f->lost += s->lost;
        a->f->memory_bytes = LEAT_MAX(a->f->memory_bytes, s->memory_bytes);
        for (size_t i = 0; i < s->n_spans; i++) {
            const leat_profile_span *e = &s->spans[i];
            leat_profile_row *r = &a->all[e->node];
            r->busy_ns += span_ns(e) * each;
            if (e->tiles != 0)
                continue;
            r->wall_ns += span_ns(e) * each;
            r->count += each;
            a->wall[e->node * a->n_steps + k] += (float)span_ns(e);
        }
    }
}

/* Gives every op type that ran a row. */
static leat_status number_ops(adding *a, leat_map *ids)
{
    const leat_profile_node *nodes = a->f->typical.nodes;
    for (size_t i = 0; i < a->f->typical.n_nodes; i++) {
        if (a->all[i].busy_ns <= 0 && a->all[i].count <= 0)
            continue;
        void *found = leat_map_get(ids, nodes[i].op, strlen(nodes[i].op));
        if (found == NULL) {
            a->ops[a->n_ops++] = (leat_profile_row){.name = nodes[i].op, .node = UINT32_MAX};
            found = (void *)(uintptr_t)a->n_ops;
            LEAT_TRY(leat_map_put(ids, nodes[i].op, strlen(nodes[i].op), found));
        }
        a->op_of[i] = (uint32_t)((uintptr_t)found - 1);
    }
    return LEAT_OK;
}

static int by_op_and_start(const void *a, const void *b)
{
    const interval *x = a, *y = b;
    if (x->op != y->op)
        return x->op < y->op ? -1 : 1;
    return (x->start_ns > y->start_ns) - (x->start_ns < y->start_ns);
}

/* Nodes of one type that run at the same time do their work together: rates are of the time in which at least one of them ran. */
static void add_during(adding *a, size_t k)
{
    const leat_profile_step *s = &a->steps[k];
    size_t n = 0;
    for (size_t i = 0; i < s->n_spans; i++)
        if (s->spans[i].tiles == 0)
            a->intervals[n++] =
                (interval){a->op_of[s->spans[i].node], s->spans[i].start_ns, s->spans[i].end_ns};
    qsort(a->intervals, n, sizeof *a->intervals, by_op_and_start);
    int64_t until = 0;
    for (size_t i = 0; i < n; i++) {
        const interval *e = &a->intervals[i];
        if (i == 0 || e->op != e[-1].op)
            until = 0;
        int64_t from = LEAT_MAX(e->start_ns, until);
        if (e->end_ns > from)
            a->op_during[e->op * a->n_steps + k] += (float)(e->end_ns - from);
        until = LEAT_MAX(until, e->end_ns);
    }
}

static void finish_rows(adding *a)
{
    leat_figures *f = a->f;
    for (size_t i = 0; i < f->typical.n_nodes; i++) {
        leat_profile_row *r = &a->all[i];
        const leat_profile_node *n = &f->typical.nodes[i];
        if (r->busy_ns <= 0 && r->count <= 0)
            continue;
        float *wall = a->wall + i * a->n_steps;
        leat_profile_row *o = &a->ops[a->op_of[i]];
        for (size_t k = 0; k < a->n_steps; k++)
            a->op_wall[a->op_of[i] * a->n_steps + k] += wall[k];
        r->name = n->name;
        r->node = (uint32_t)i;
        r->n_nodes = 1;
        r->flops = n->flops * r->count;
        r->bytes = n->bytes * r->count;
        r->peak_flops = r->flops * n->float_bytes / 4;
        r->median_ns = median_of(wall, a->n_steps);
        r->min_ns = wall[0];
        r->rate_ns = r->median_ns > 0 ? r->median_ns : r->wall_ns;
        o->n_nodes++;
        o->count += r->count;
        o->busy_ns += r->busy_ns;
        o->wall_ns += r->wall_ns;
        o->flops += r->flops;
        o->bytes += r->bytes;
        o->peak_flops += r->peak_flops;
        f->mean_busy_ns += r->busy_ns;
        f->nodes[f->n_nodes++] = *r;
    }
    for (size_t i = 0; i < a->n_ops; i++) {
        float *wall = a->op_wall + i * a->n_steps;
        a->ops[i].median_ns = median_of(wall, a->n_steps);
        a->ops[i].min_ns = wall[0];
        a->ops[i].rate_ns = median_of(a->op_during + i * a->n_steps, a->n_steps);
        if (a->ops[i].rate_ns <= 0)
            a->ops[i].rate_ns = a->ops[i].wall_ns;
    }
}

static int by_time(const void *a, const void *b)
{
    const leat_profile_row *x = a, *y = b;
    if (x->busy_ns != y->busy_ns)
        return x->busy_ns > y->busy_ns ? -1 : 1;
    return x->node != y->node ? (x->node > y->node ? 1 : -1) : strcmp(x->name, y->name);
}

static leat_status add_rows(leat_figures *f, const leat_profile_step *steps, size_t n_steps)
{
    size_t n = f->typical.n_nodes;
    leat_status status = LEAT_OK;
    leat_map ids = {0};
    adding a = {.f = f, .steps = steps, .n_steps = n_steps};
    a.all = zeroed(n, sizeof *a.all, &status);
    a.wall = zeroed(n * n_steps, sizeof *a.wall, &status);
    a.op_of = zeroed(n, sizeof *a.op_of, &status);
    f->nodes = zeroed(n, sizeof *f->nodes, &status);
    f->ops = a.ops = zeroed(n, sizeof *a.ops, &status);
    if (status == LEAT_OK) {
        add_steps(&a);
        status = number_ops(&a, &ids);
    }
    size_t most = 0;
    for (size_t k = 0; k < n_steps; k++)
        most = LEAT_MAX(most, steps[k].n_spans);
    if (status == LEAT_OK) {
        a.op_wall = zeroed(a.n_ops * n_steps, sizeof *a.op_wall, &status);
        a.op_during = zeroed(a.n_ops * n_steps, sizeof *a.op_during, &status);
        a.intervals = zeroed(most, sizeof *a.intervals, &status);
    }
    for (size_t k = 0; status == LEAT_OK && k < n_steps; k++)
        add_during(&a, k);
    if (status == LEAT_OK) {
        f->n_ops = a.n_ops;
        finish_rows(&a);
        qsort(f->ops, f->n_ops, sizeof *f->ops, by_time);
        qsort(f->nodes, f->n_nodes, sizeof *f->nodes, by_time);
    }
    leat_map_free(&ids);
    leat_free(a.all);
    leat_free(a.wall);
    leat_free(a.op_of);
    leat_free(a.op_wall);
    leat_free(a.op_during);
    leat_free(a.intervals);
    return status;
}

/* ---- the typical run: workers, parallelism ---- */

static void add_typical(leat_figures *f)
{
    const leat_profile_step *s = &f->typical;
    for (size_t i = 0; i < s->n_spans; i++) {
        const leat_profile_span *e = &s->spans[i];
        double ns = span_ns(e);
        f->busy_ns += ns;
        f->worker_ns[e->worker] += ns;
        if (e->tiles != 0) {
            f->helped_ns += ns;
            continue;
        }
        f->node_ns[e->node] += (float)ns;
        f->work_ns += ns;
        f->n_executions++;
        if (ns < LEAT_SHORT_NS) {
            f->n_short++;
            f->short_ns += ns;
        }
    }
}

static void add_to_bins(leat_figures *f, double from, double to, double level)
{
    double width = (double)f->typical.duration_ns / LEAT_FIGURE_BINS;
    for (int k = (int)(from / width); k < LEAT_FIGURE_BINS && k * width < to; k++)
        f->bins[k] += level * (LEAT_MIN(to, (k + 1) * width) - LEAT_MAX(from, k * width)) / width;
}

/* How long so many workers were busy: begins and ends of spans, in order of time. */
static leat_status add_levels(leat_figures *f)
{
    const leat_profile_step *s = &f->typical;
    leat_status status = LEAT_OK;
    double *starts = zeroed(s->n_spans, sizeof *starts, &status);
    double *ends = zeroed(s->n_spans, sizeof *ends, &status);
    double at = 0, last = (double)s->duration_ns;
    if (status == LEAT_OK && last > 0) {
        for (size_t i = 0; i < s->n_spans; i++) {
            starts[i] = (double)s->spans[i].start_ns;
            ends[i] = (double)s->spans[i].end_ns;
        }
        qsort(starts, s->n_spans, sizeof *starts, by_double);
        qsort(ends, s->n_spans, sizeof *ends, by_double);
        for (size_t i = 0, k = 0; k < s->n_spans;) {
            bool begins = i < s->n_spans && starts[i] < ends[k];
            double next = LEAT_MIN(LEAT_MAX(begins ? starts[i] : ends[k], at), last);
            size_t level = LEAT_MIN(i - k, (size_t)s->n_workers);
            f->level_ns[level] += next - at;
            if (level > 0 && next > at)
                add_to_bins(f, at, next, (double)level);
            at = next;
            begins ? i++ : k++;
        }
        f->level_ns[0] += LEAT_MAX(last - at, 0);
    }
    leat_free(starts);
    leat_free(ends);
    return status;
}

/* ---- the critical path ---- */

/* Edges go upwards, so that one pass in order of nodes finds the longest path. */
static leat_status add_critical(leat_figures *f)
{
    const leat_profile_step *s = &f->typical;
    leat_status status = LEAT_OK;
    if (s->succ_begin == NULL || s->n_nodes == 0)
        return LEAT_OK;
    double *until = zeroed(s->n_nodes, sizeof *until, &status); /* longest path that ends before the node */
    uint32_t *from = zeroed(s->n_nodes, sizeof *from, &status); /* the node before on it, plus one */
    f->critical = zeroed(s->n_nodes, sizeof *f->critical, &status);
    uint32_t last = 0;
    for (uint32_t i = 0; status == LEAT_OK && i < s->n_nodes; i++) {
        double end = until[i] + f->node_ns[i];
        if (end > f->critical_ns) {
            f->critical_ns = end;
            last = i;
        }
        for (uint32_t k = s->succ_begin[i]; k < s->succ_begin[i + 1]; k++)
            if (end > until[s->succ[k]]) {
                until[s->succ[k]] = end;
                from[s->succ[k]] = i + 1;
            }
    }
    if (status == LEAT_OK && f->critical_ns > 0) {
        for (uint32_t at = last + 1; at != 0; at = from[at - 1])
            if (f->node_ns[at - 1] > 0)
                f->critical[f->n_critical++] = at - 1;
        for (size_t i = 0; i < f->n_critical / 2; i++) {
            uint32_t swap = f->critical[i];
            f->critical[i] = f->critical[f->n_critical - 1 - i];
            f->critical[f->n_critical - 1 - i] = swap;
        }
    }
    leat_free(until);
    leat_free(from);
    return status;
}

static leat_status mark_critical(leat_figures *f)
{
    leat_status status = LEAT_OK;
    uint8_t *on = zeroed(f->typical.n_nodes, 1, &status);
    for (size_t i = 0; status == LEAT_OK && i < f->n_critical; i++)
        on[f->critical[i]] = 1;
    for (size_t i = 0; status == LEAT_OK && i < f->n_nodes; i++)
        f->nodes[i].critical = on[f->nodes[i].node];
    leat_free(on);
    return status;
}

/* ---- all ---- */

typedef struct lasted {
    int64_t ns;
    size_t step;
} lasted;

static int by_length(const void *a, const void *b)
{
    const lasted *x = a, *y = b;
    if (x->ns != y->ns)
        return x->ns > y->ns ? 1 : -1;
    return (x->step > y->step) - (x->step < y->step);
}

size_t leat_figures_typical(const leat_profile_step *steps, size_t n)
{
    lasted *order = n > 1 ? leat_alloc(n * sizeof *order) : NULL;
    if (order == NULL) /* any run is better than none */
        return n - 1;
    for (size_t i = 0; i < n; i++)
        order[i] = (lasted){steps[i].duration_ns, i};
    qsort(order, n, sizeof *order, by_length);
    size_t typical = order[(n - 1) / 2].step;
    leat_free(order);
    return typical;
}

leat_status leat_figures_make(leat_figures *f, const leat_profile_step *steps, size_t n_steps,
                              const leat_machine *machine)
{
    leat_status status = LEAT_OK;
    if (n_steps == 0)
        return leat_fail(LEAT_ERR_NOT_FOUND, "the profile has recorded no run");
    f->typical = steps[leat_figures_typical(steps, n_steps)];
    f->n_steps = n_steps;
    f->machine = machine != NULL ? *machine : (leat_machine){0};
    f->median_ns = f->min_ns = f->max_ns = (double)f->typical.duration_ns;
    for (size_t i = 0; i < n_steps; i++) {
        f->min_ns = LEAT_MIN(f->min_ns, (double)steps[i].duration_ns);
        f->max_ns = LEAT_MAX(f->max_ns, (double)steps[i].duration_ns);
    }
    f->worker_ns = zeroed(f->typical.n_workers, sizeof *f->worker_ns, &status);
    f->level_ns = zeroed(f->typical.n_workers + (size_t)1, sizeof *f->level_ns, &status);
    f->node_ns = zeroed(f->typical.n_nodes, sizeof *f->node_ns, &status);
    LEAT_TRY(status);
    LEAT_TRY(add_rows(f, steps, n_steps));
    add_typical(f);
    LEAT_TRY(add_levels(f));
    LEAT_TRY(add_critical(f));
    LEAT_TRY(leat_figures_waits(f));
    return mark_critical(f);
}

void leat_figures_free(leat_figures *f)
{
    leat_free(f->ops);
    leat_free(f->nodes);
    leat_free(f->worker_ns);
    leat_free(f->level_ns);
    leat_free(f->critical);
    leat_free(f->node_ns);
    *f = (leat_figures){0};
}
