/* timeline-private.h - figures of a run, for its picture and its verdict. */
#ifndef LEAT_TIMELINE_PRIVATE_H
#define LEAT_TIMELINE_PRIVATE_H

#include "leat/viz-timeline.h"
#include "viz/theme-private.h"

#define LEAT_TIMELINE_WORKERS 1024

/* All events of one op type. */
typedef struct leat_tkind {
    const char *op;
    double ns; /* on all workers together */
    size_t count;
} leat_tkind;

typedef struct leat_tfigures {
    uint32_t n_workers;
    double ns, busy_ns, critical_ns; /* of the run; of all workers together; of the critical path */
    double *worker_ns;               /* busy, by worker */
    leat_tkind *kinds;               /* the one with most time first */
    size_t n_kinds, kinds_capacity;
    uint32_t *kind_of; /* by event */
    const leat_timeline_event *first_critical, *last_critical, *longest;
    size_t n_critical;
} leat_tfigures;

/* Start from all zero; free in any case. */
leat_status leat_timeline_figures(const leat_timeline *run, leat_tfigures *f) LEAT_MUST_CHECK;
void leat_timeline_figures_free(leat_tfigures *f);
void leat_timeline_put_verdict(const leat_tfigures *f, leat_buf *out);

/* As leat_plot_timeline, onto a canvas that the caller finishes. */
leat_status leat_plot_timeline_on(leat_canvas *canvas, const leat_timeline *run,
                                  const leat_timeline_options *options) LEAT_MUST_CHECK;

/* "12 µs", "3.4 ms", "1.2 s". */
void leat_put_duration_ns(leat_buf *out, double ns);

#endif
