/* timeline-private.h - a timeline: the figures of a run's events, and the parts of its drawing. */
#ifndef LEAT_TIMELINE_PRIVATE_H
#define LEAT_TIMELINE_PRIVATE_H

#include "leat/viz-timeline.h"
#include "profile/figures-private.h"
#include "viz/theme-private.h"

#define LEAT_TIMELINE_WORKERS 1024
#define LEAT_TIMELINE_KINDS 7 /* with a colour of their own; the others share one */

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
    size_t *worker_events;
    leat_tkind *kinds; /* the one with most time first */
    size_t n_kinds, kinds_capacity;
    uint32_t *kind_of; /* by event */
    const leat_timeline_event *first_critical, *last_critical, *longest;
    size_t n_critical, n_helped;
} leat_tfigures;

/* Start from all zero; free in any case. */
leat_status leat_timeline_figures(const leat_timeline *run, leat_tfigures *f) LEAT_MUST_CHECK;
void leat_timeline_figures_free(leat_tfigures *f);
void leat_timeline_put_verdict(const leat_tfigures *f, leat_buf *out);

#define LEAT_TIMELINE_JOINS 120 /* pieces of the critical path that are joined by lines from lane to lane */

/* A line that crosses lanes. */
typedef struct leat_tjoin {
    double x, top, bottom;
} leat_tjoin;

typedef struct leat_tdrawing {
    leat_canvas *c;
    const leat_timeline *run;
    const leat_tfigures *f;
    leat_theme theme;
    uint32_t n_cpus; /* 0: not known */
    leat_tjoin joins[LEAT_TIMELINE_JOINS];
    size_t n_joins;
    double x0, x1, y, lane, gap, scale; /* of the lanes; scale: page units a nanosecond */
} leat_tdrawing;

static inline double leat_tlane_y(const leat_tdrawing *d, uint32_t worker)
{
    return d->y + worker * (d->lane + d->gap);
}
static inline double leat_tat(const leat_tdrawing *d, double ns)
{
    return d->x0 + LEAT_MIN(ns, d->f->ns) * d->scale;
}
leat_color leat_tkind_color(const leat_tdrawing *d, uint32_t kind);
leat_style leat_thelped_style(const leat_tdrawing *d, uint32_t kind); /* of tiles that a helper ran */
leat_color leat_tpath_color(const leat_tdrawing *d);

/* Bars into the lanes; the critical path over them, which notes its joins; names into the bars, clear of the joins (timeline-bars.c). */
leat_status leat_timeline_bars(const leat_tdrawing *d) LEAT_MUST_CHECK;
leat_status leat_timeline_critical(leat_tdrawing *d) LEAT_MUST_CHECK;
void leat_timeline_labels(const leat_tdrawing *d);

/* The tables of op types and nodes; returns their height, and draws nothing where `draw` is false (timeline-table.c). */
double leat_timeline_table(const leat_tdrawing *d, const leat_figures *f, double top, double width,
                           bool draw);
/* leat_plot_timeline_on, with tables where `tables` is not NULL. */
leat_status leat_draw_timeline(leat_canvas *canvas, const leat_timeline *run,
                               const leat_timeline_options *options,
                               const leat_figures *tables) LEAT_MUST_CHECK;

/* A recorded run with its words; the path's suffix is a picture's (timeline-profile.c). */
leat_status leat_plot_profile_on(leat_canvas *canvas, const leat_figures *f,
                                 const leat_timeline_options *options, bool tables) LEAT_MUST_CHECK;
leat_status leat_plot_profile(const char *path, const leat_figures *f, const leat_timeline_options *options,
                              bool tables) LEAT_MUST_CHECK;

/* As leat_plot_timeline, onto a canvas that the caller finishes. */
leat_status leat_plot_timeline_on(leat_canvas *canvas, const leat_timeline *run,
                                  const leat_timeline_options *options) LEAT_MUST_CHECK;

#endif
