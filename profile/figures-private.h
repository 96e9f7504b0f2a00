/* figures-private.h - what recorded runs add up to, and that as words, tables, JSON, a Chrome trace, RunMetadata. Plain data:
 * this room knows no engine, so that a RunMetadata read from a log is told the same way as a run just recorded. */
#ifndef LEAT_FIGURES_PRIVATE_H
#define LEAT_FIGURES_PRIVATE_H

#include "base/base-private.h"
#include "leat/profile.h"

#define LEAT_SHORT_NS 1000.0 /* nodes below are short: what the machinery around them costs begins to show */
#define LEAT_FIGURE_BINS 100 /* of the parallelism over time */

/* A node, or all nodes of an op type. Times are a run's, averaged over the runs no longer than the median one. */
typedef struct leat_profile_row {
    const char *name; /* of the node, or of the op type */
    uint32_t node;    /* UINT32_MAX: an op type */
    uint32_t n_nodes;
    double count;             /* executions in a run */
    double busy_ns, wall_ns;  /* on all workers together; from start to end, helped or not */
    double min_ns, median_ns; /* of wall_ns over the runs */
    /* What rates are of: the median over the runs, since it ignores what other programs did meanwhile, of how long the node took, or
     * of how long one or more nodes of the type ran. */
    double rate_ns;
    double flops, bytes;
    double
        peak_flops; /* the same work as float32 operations, for the share of the peak; 0: not floating point */
    bool critical;
} leat_profile_row;

typedef struct leat_figures {
    leat_profile_step typical; /* the run of median length; its arrays are borrowed */
    size_t n_steps;
    double min_ns, median_ns, max_ns; /* of the runs */
    leat_profile_row *ops, *nodes;    /* the one with most time first; nodes: those that ran */
    size_t n_ops, n_nodes;
    double mean_busy_ns; /* of a run: what shares are of */
    uint64_t memory_bytes, lost;
    leat_machine machine;
    /* of the typical run */
    double busy_ns, work_ns; /* of all workers together; of the nodes' wall times */
    double *worker_ns;       /* busy, by worker */
    double *level_ns;        /* by k from 0 to n_workers: how long just k workers were busy */
    double bins[LEAT_FIGURE_BINS];
    uint32_t *
        critical; /* the longest path through the measured times, in order; nodes that took no time left out */
    size_t n_critical;
    double critical_ns;
    size_t n_executions, n_short;
    double short_ns, helped_ns;
    double
        waited_ns; /* of workers, or CPUs where there are fewer, that did nothing while nodes were ready (waits.c) */
    float *node_ns; /* wall, by node */
} leat_figures;

/* Runs of one plan: nodes and edges are the last one's. Start from all zero; free in any case. */
leat_status leat_figures_make(leat_figures *f, const leat_profile_step *steps, size_t n_steps,
                              const leat_machine *machine) LEAT_PRIV(figures_make) LEAT_MUST_CHECK;
void leat_figures_free(leat_figures *f) LEAT_PRIV(figures_free);
leat_status leat_figures_waits(leat_figures *f) LEAT_MUST_CHECK; /* a part of leat_figures_make */
/* The run of median length among several. */
size_t leat_figures_typical(const leat_profile_step *steps, size_t n_steps) LEAT_PRIV(figures_typical);

/* ---- words ---- */

/* What the sentence on idle workers is made of. */
typedef struct leat_idle {
    uint32_t n_workers, n_cpus;      /* n_cpus 0: not known */
    double ns, busy_ns, critical_ns; /* of the run; of all workers together; of the critical path */
    double cpus_busy_ns; /* with no more than n_cpus of the workers counted at a time; where it is known */
    size_t n_events, n_critical;
    const char *first, *last;   /* names on the critical path; NULL: it is not known */
    const char *longest, *most; /* the longest node; the op type with most time */
    double longest_ns;
    double none_ns;   /* in which no node ran at all; 0: not known */
    double waited_ns; /* as figures have it; 0: not known */
    bool serial, alone;
} leat_idle;
void leat_put_idle(leat_buf *out, const leat_idle *idle) LEAT_PRIV(put_idle);
/* A sentence a line, no newline after the last; the rules stand at the top of words.c. */
void leat_put_words(leat_buf *out, const leat_figures *f) LEAT_PRIV(put_words);
/* "12 us" with the sign for micro, "3.4 ms", "1.2 s". */
void leat_put_duration_ns(leat_buf *out, double ns) LEAT_PRIV(put_duration_ns);
/* "31 GFLOP/s", "2.5 MB": a number with three digits and the prefix of thousands before the unit. */
void leat_put_scaled(leat_buf *out, double value, const char *unit) LEAT_PRIV(put_scaled);
/* How often: "12", "33333", "0.5". */
void leat_put_count(leat_buf *out, double count) LEAT_PRIV(put_count);
int leat_percent(double part, double whole) LEAT_PRIV(percent); /* 0 to 100 */

/* ---- for readers and programs ---- */

void leat_put_tables(leat_buf *out, const leat_figures *f, size_t rows);
void leat_put_profile_json(leat_buf *out, const leat_figures *f);
void leat_put_chrome_trace(leat_buf *out, const leat_profile_step *steps, size_t n_steps);
void leat_put_run_metadata(leat_buf *out, const leat_profile_step *step);

/* A RunMetadata as a recorded run: TensorFlow's or Leat's own. Edges come from the labels "name = Op(inputs)". Nodes are those
 * that ran, in an order that the edges go upwards in. LEAT_ERR_DATA_LOSS where there are no timings. */
typedef struct leat_step_record leat_step_record;
leat_status leat_step_record_read(leat_step_record **out, const void *run_metadata, size_t size)
    LEAT_PRIV(step_record_read) LEAT_MUST_CHECK;
const leat_profile_step *leat_step_record_step(const leat_step_record *r) LEAT_PRIV(step_record_step);
void leat_step_record_free(leat_step_record *r) LEAT_PRIV(step_record_free);

#endif
