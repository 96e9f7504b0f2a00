/* reader-private.h - reading log directories: every point of every run, damage and restarts reported.
 *
 *     leat_logdir *log;
 *     LEAT_TRY(leat_logdir_open(&log, "runs", NULL));
 *     for (size_t r = 0; r < leat_logdir_runs(log); r++) {
 *         const leat_log_run *run = leat_logdir_run(log, r);
 *         for (size_t i = 0; i < run->n_series; i++) {
 *             const leat_series *s = &run->series[i];
 *             if (s->kind == LEAT_SERIES_SCALAR)
 *                 plot(leat_series_steps(run, s), leat_series_values(run, s), s->n);
 *         }
 *     }
 *     leat_logdir_close(log);
 *
 * Runs are the directories that hold a file with "tfevents" in its name, in the order of their names; *.profile-empty
 * is not read. Files are read in parallel, large ones in parts; the result does not depend on it. Every checksum
 * is checked. What cannot be read is skipped and reported as damage; the rest is kept. Steps, wall times and values
 * lie in flat columns; of anything but numbers the columns hold where it stands in its file, and the functions in
 * decode-private.h read it from there.
 *
 * A log may be read by many threads at once, but not during leat_logdir_refresh or leat_logdir_close. */
#ifndef LEAT_READER_PRIVATE_H
#define LEAT_READER_PRIVATE_H

#include <string.h>
#include "base/base-private.h"

typedef enum leat_series_kind {
    LEAT_SERIES_SCALAR,
    LEAT_SERIES_HISTOGRAM,
    LEAT_SERIES_IMAGE,
    LEAT_SERIES_AUDIO,
    LEAT_SERIES_TEXT,
    LEAT_SERIES_TENSOR /* all else: PR curves, hyperparameters, meshes, unknown plugins; see the metadata's plugin */
} leat_series_kind;

/* SummaryMetadata of a tag's first value that had any. */
typedef struct leat_summary_metadata {
    const char *plugin, *display_name, *description; /* never NULL */
    const void *content;                             /* the plugin's own bytes */
    size_t content_size;
    uint32_t data_class;
} leat_summary_metadata;

typedef struct leat_series {
    const char *tag; /* NUL-terminated; a tag from a bad file may hold a NUL: all is tag_size bytes */
    const leat_summary_metadata *metadata; /* NULL where no value had any */
    /* Its points in the run's columns, in the order of writing: n from `first` on. They are numbers (scalars, and
     * scalar tensors of other plugins), else blobs. */
    uint64_t first : 60, kind : 3 /* leat_series_kind */, has_numbers : 1;
    uint32_t n, tag_size;
} leat_series;

/* Where a message stands: a Summary.Value in the case of a point. */
typedef struct leat_log_blob {
    uint64_t offset;
    uint32_t size;
    uint32_t file; /* in the run's files */
} leat_log_blob;

typedef struct leat_tagged_metadata { /* a RunMetadata */
    const char *tag;                  /* as a series' */
    uint32_t tag_size;
    int64_t step;
    double wall_time;
    leat_log_blob blob;
} leat_tagged_metadata;

typedef struct leat_restart { /* a SessionLog START */
    int64_t step;
    double wall_time;
    uint64_t dropped; /* points that it superseded; one that several did is counted at the smallest step */
} leat_restart;

typedef struct leat_damage {
    uint64_t offset;
    const char *reason; /* static text */
    uint32_t file;
} leat_damage;

typedef struct leat_event_file {
    char *path;                           /* for opening */
    uint64_t size, offset, device, inode; /* as far as read, and up to which record */
    bool truncated;                       /* the last record is not whole: its writer may be alive */
    bool lost;                            /* no record was found behind the last damage, up to `offset` */
    bool unreadable;                      /* it could not be opened, or was another one, the last time */
} leat_event_file;

typedef struct leat_log_run {
    const char *name; /* the path below the log directory; "." for the directory itself */
    leat_event_file *files;
    size_t n_files;

    leat_series *series; /* in the order of the tags' bytes, then of the kinds, numbers first */
    size_t n_series;
    int64_t *step; /* the columns: first the points that are numbers, then the others */
    double *wall_time;
    double *value;       /* of the first n_numbers points */
    leat_log_blob *blob; /* of the others; indexed from 0 */
    uint64_t n_points, n_numbers;

    bool has_graph, has_meta_graph, graph_is_from_meta;
    leat_log_blob graph, meta_graph; /* the bytes of a GraphDef, MetaGraphDef: the newest */
    uint64_t graph_events;

    leat_tagged_metadata *metadata; /* in the order of writing */
    size_t n_metadata;
    leat_restart *restarts; /* the STARTs behind the run's first */
    size_t n_restarts;
    uint64_t dropped; /* points superseded by restarts */

    leat_damage *damage; /* at most LEAT_DAMAGE_KEPT a file */
    size_t n_damage;
    uint64_t n_damage_found; /* all of them */
} leat_log_run;

#define LEAT_DAMAGE_KEPT 1000

/* Which points a restarted writer supersedes. */
typedef enum leat_restart_mode {
    LEAT_RESTARTS_BY_START, /* as TensorBoard: each SessionLog START behind a run's first drops the points with its
                               step or a later one; in files older than version 2, as by step */
    LEAT_RESTARTS_BY_STEP, /* a step that is smaller than its tag's one before drops the tag's points with that step
                               or a later one */
    LEAT_RESTARTS_KEPT /* nothing is dropped */
} leat_restart_mode;

typedef struct leat_logdir_options {
    leat_restart_mode restarts;
    unsigned threads;    /* 0: one for each CPU this process may use */
    uint64_t part_bytes; /* files are read in parts of this size; 0: 4 MiB */
} leat_logdir_options;

typedef struct leat_logdir leat_logdir;

/* Reads a log directory with all below it, or a single event file. Fails where `path` cannot be read at all;
 * a directory without event files is a log without runs. */
leat_status leat_logdir_open(leat_logdir **log, const char *path, const leat_logdir_options *options)
    LEAT_PRIV(logdir_open) LEAT_MUST_CHECK;
/* Reads what has been added since, new runs and files included; *changed tells whether there was any. Runs and
 * series keep no address across it. A file that was replaced or cut makes its run be read anew. */
leat_status leat_logdir_refresh(leat_logdir *log, bool *changed) LEAT_PRIV(logdir_refresh) LEAT_MUST_CHECK;
/* Frees the runs' tables of series, for a reader that has taken what it wants of them: tags and columns stay. */
void leat_logdir_drop_series(leat_logdir *log) LEAT_PRIV(logdir_drop_series);
void leat_logdir_close(leat_logdir *log) LEAT_PRIV(logdir_close);

size_t leat_logdir_runs(const leat_logdir *log) LEAT_PRIV(logdir_runs);
const leat_log_run *leat_logdir_run(const leat_logdir *log, size_t i) LEAT_PRIV(logdir_run);
const leat_log_run *leat_logdir_find_run(const leat_logdir *log, const char *name) LEAT_PRIV(logdir_find_run);
/* NULL if absent. */
const leat_series *leat_log_run_find(const leat_log_run *run, leat_series_kind kind, const char *tag)
    LEAT_PRIV(log_run_find);

/* Appends the bytes that `blob` names, checked for still being within the same file. */
leat_status leat_log_run_read(const leat_log_run *run, const leat_log_blob *blob, leat_buf *out)
    LEAT_PRIV(log_run_read) LEAT_MUST_CHECK;
/* Number of nodes of the run's graph, whose bytes `scratch` receives. */
leat_status leat_log_run_graph_nodes(const leat_log_run *run, leat_buf *scratch, uint64_t *nodes)
    LEAT_PRIV(log_run_graph_nodes) LEAT_MUST_CHECK;

static inline const int64_t *leat_series_steps(const leat_log_run *run, const leat_series *s)
{
    return run->step + s->first;
}

static inline const double *leat_series_wall_times(const leat_log_run *run, const leat_series *s)
{
    return run->wall_time + s->first;
}

/* Only where has_numbers. */
static inline const double *leat_series_values(const leat_log_run *run, const leat_series *s)
{
    return run->value + s->first;
}

/* Only where not has_numbers. */
static inline const leat_log_blob *leat_series_blobs(const leat_log_run *run, const leat_series *s)
{
    return run->blob + (s->first - run->n_numbers);
}

/* Tensors of one tag, once of one number, once of several, are two series, one after the other. */
static inline bool leat_series_same_tag(const leat_series *a, const leat_series *b)
{
    return a->kind == b->kind && a->tag_size == b->tag_size && memcmp(a->tag, b->tag, a->tag_size) == 0;
}

/* "scalars", "histograms", ...: the plugin that shows the series; "" if unknown. */
const char *leat_series_plugin(const leat_series *s) LEAT_PRIV(series_plugin);

#endif
