/* waits.c - how long workers, or CPUs, did nothing while nodes were ready for them. */
#include "config.h"
#include "profile/figures-private.h"

#include <stdlib.h>

typedef struct change {
    int64_t at_ns;
    int32_t busy, waiting; /* workers; nodes */
} change;

static int by_time(const void *a, const void *b)
{
    const change *x = a, *y = b;
    return (x->at_ns > y->at_ns) - (x->at_ns < y->at_ns);
}

/* From when each node could have begun. Edges go upwards: one pass. A node that ran no kernel ends when it is ready. */
static void find_ready(const leat_profile_step *s, const uint32_t *span_of, int64_t *ready)
{
    for (uint32_t i = 0; i < s->n_nodes; i++) {
        int64_t end = span_of[i] > 0 ? s->spans[span_of[i] - 1].end_ns : ready[i];
        for (uint32_t k = s->succ_begin[i]; k < s->succ_begin[i + 1]; k++)
            ready[s->succ[k]] = LEAT_MAX(ready[s->succ[k]], end);
    }
}

static size_t list_changes(const leat_profile_step *s, const int64_t *ready, change *changes)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n_spans; i++) {
        const leat_profile_span *e = &s->spans[i];
        changes[n++] = (change){e->start_ns, 1, 0};
        changes[n++] = (change){e->end_ns, -1, 0};
        if (e->tiles == 0 && ready[e->node] < e->start_ns) {
            changes[n++] = (change){ready[e->node], 0, 1};
            changes[n++] = (change){e->start_ns, 0, -1};
        }
    }
    qsort(changes, n, sizeof *changes, by_time);
    return n;
}

static double sum_waits(const change *changes, size_t n, int64_t able)
{
    int64_t busy = 0, waiting = 0;
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        int64_t idle = LEAT_MAX(able - busy, (int64_t)0);
        if (i > 0)
            sum += (double)(LEAT_MIN(idle, waiting) * (changes[i].at_ns - changes[i - 1].at_ns));
        busy += changes[i].busy;
        waiting += changes[i].waiting;
    }
    return sum;
}

leat_status leat_figures_waits(leat_figures *f)
{
    const leat_profile_step *s = &f->typical;
    if (s->succ_begin == NULL || s->n_nodes == 0)
        return LEAT_OK;
    uint32_t *span_of = leat_alloc_zero(s->n_nodes, sizeof *span_of); /* plus one */
    int64_t *ready = leat_alloc_zero(s->n_nodes, sizeof *ready);
    change *changes = leat_alloc_zero(4 * s->n_spans + 1, sizeof *changes);
    leat_status status =
        span_of && ready && changes ? LEAT_OK : leat_fail_memory(4 * s->n_spans * sizeof *changes);
    if (status == LEAT_OK) {
        for (size_t i = 0; i < s->n_spans && i < UINT32_MAX; i++)
            if (s->spans[i].tiles == 0)
                span_of[s->spans[i].node] = (uint32_t)i + 1;
        find_ready(s, span_of, ready);
        uint32_t able = s->n_cpus > 0 ? LEAT_MIN(s->n_workers, s->n_cpus) : s->n_workers;
        f->waited_ns = sum_waits(changes, list_changes(s, ready, changes), able);
    }
    leat_free(span_of);
    leat_free(ready);
    leat_free(changes);
    return status;
}
