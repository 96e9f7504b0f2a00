/* merge-private.h - the state of one merge: which series of the chunks and of the run before become which series of
 * the run, and the new columns. */
#ifndef LEAT_MERGE_PRIVATE_H
#define LEAT_MERGE_PRIVATE_H

#include "logdir-private.h"

typedef struct leat_merge {
    leat_run_state *state;
    leat_chunk *chunks;
    size_t n_chunks;
    leat_restart_mode mode;
    unsigned threads;

    leat_series *series;
    size_t n_series;
    uint32_t *old_series; /* by index of the run's series before: which of the new ones it is */

    int64_t *step;
    double *wall_time, *value;
    leat_log_blob *blob;
    uint64_t n_points, n_numbers, dropped;

    /* The restarts of these chunks; the first one's number among the run's is state->run.n_restarts. */
    leat_restart *restarts;
    size_t n_restarts, restarts_capacity;
    leat_threshold old_threshold; /* for the points that the run has already */
    bool by_start, by_step;       /* the rule that holds */
    bool drops;                   /* there are STARTs that may drop something */
} leat_merge;

/* events/restart.c: decides what restarts drop. Sets thresholds and counts in the chunks; n of the new series must be
 * counted after it. */
leat_status leat_merge_restarts(leat_merge *m) LEAT_MUST_CHECK;
/* events/restart.c: drops what restarts by step superseded, from the filled columns. */
void leat_merge_drop_by_step(leat_merge *m);
/* events/scatter.c: makes the columns and fills them. */
leat_status leat_merge_columns(leat_merge *m) LEAT_MUST_CHECK;

static inline bool leat_is_superseded(const leat_threshold *t, int64_t step)
{
    return step >= t->step && t->step != LEAT_NO_THRESHOLD;
}

#endif
