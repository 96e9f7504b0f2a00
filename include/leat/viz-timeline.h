/* leat/viz-timeline.h - a picture of when each op ran and on which worker, and what it shows in words. */
#ifndef LEAT_VIZ_TIMELINE_H
#define LEAT_VIZ_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "leat/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One op, or a worker's share of one, on one worker. Strings are data: any bytes; borrowed for the call. */
typedef struct leat_timeline_event {
    const char *name, *op; /* the node and its op type */
    uint32_t worker;       /* from 0 */
    bool critical;         /* on the critical path */
    uint32_t tiles;        /* 0: the op itself; else the share in it that a helper took over: so many tiles */
    int64_t start_ns, end_ns; /* nanoseconds from the run's begin; end >= start */
} leat_timeline_event;

/* A run. Events in any order; those of one worker do not overlap. */
typedef struct leat_timeline {
    const leat_timeline_event *events;
    size_t n_events;
    uint32_t n_workers;  /* lanes; 0: as many as the events name */
    int64_t duration_ns; /* of the run; 0: until the last event's end */
} leat_timeline;

typedef struct leat_timeline_options {
    size_t size; /* sizeof(leat_timeline_options) */
    const char *title;
    bool dark;
    double width;      /* of the page, in pixels (points in PDF); 0: 960 */
    const char *words; /* under the title, a sentence a line; NULL: leat_timeline_verdict's */
    uint32_t
        n_cpus; /* that the process might use: where there were fewer than workers, a line says so; 0: unknown */
} leat_timeline_options;

/* Draws a run into a file whose suffix says the format (.png, .svg, .pdf): a lane a worker, colours by
 * kind of op, the critical path underlined and joined, idle time as bare lane, how many workers were busy,
 * the verdict and a legend. Ops narrower than a pixel are gathered by pixel, so that any number of events
 * is drawn. `options` may be NULL. LEAT_ERR_INVALID_ARGUMENT: an event ends before it starts, or is on a
 * worker beyond n_workers (at most 1024); LEAT_ERR_IO; LEAT_ERR_NO_MEMORY. Any thread. Time n log n in the
 * events. */
LEAT_API leat_status leat_plot_timeline(const char *path, const leat_timeline *run,
                                        const leat_timeline_options *options) LEAT_MUST_CHECK;

/* What the picture shows, in one sentence: "2 workers idle 61 % of the run: the graph is a chain from X to
 * Y". Writes at most `size` bytes with the NUL into `text` and returns it; names are made harmless for a
 * terminal and shortened. Any thread. */
LEAT_API char *leat_timeline_verdict(const leat_timeline *run, char *text, size_t size);

#ifdef __cplusplus
}
#endif
#endif
