/* logdir-private.h - a log directory while it is loaded: discovery makes chunks, the chunks are read in parallel,
 * checked against each other, and merged run by run. */
#ifndef LEAT_LOGDIR_PRIVATE_H
#define LEAT_LOGDIR_PRIVATE_H

#include "chunk-private.h"
#include "reader-private.h"

typedef struct leat_run_state {
    leat_log_run run; /* what readers see */
    char *name, *dir;
    leat_arena *texts; /* what the chunks kept: tags, metadata */
    size_t n_texts, texts_capacity;
    size_t files_capacity, damage_capacity, restarts_capacity, metadata_capacity;

    /* What the next chunk's meaning depends on. */
    int32_t file_version; /* that the first file states which states any; 0: none so far */
    bool has_start;
} leat_run_state;

struct leat_logdir {
    char *path;
    bool is_file; /* a single event file */
    leat_logdir_options options;
    leat_run_state **runs; /* in the order of their names */
    size_t n_runs, runs_capacity;
};

/* Finds the event files below the log's path and brings the list of runs up to date: new runs, new files at the end
 * of a run. A run whose known files have changed otherwise is emptied, to be read anew. */
leat_status leat_logdir_discover(leat_logdir *log) LEAT_MUST_CHECK;
/* Empties the run of all that was read; name and files stay. */
void leat_run_state_reset(leat_run_state *s);
void leat_run_state_free(leat_run_state *s);

/* Adds what `chunks`, all of one run and in the order of reading, hold to the run's columns; the scattering of
 * large ones runs on `threads` threads. Takes their texts over. On failure the run is unchanged. */
leat_status leat_run_merge(leat_run_state *s, leat_chunk *chunks, size_t n, leat_restart_mode mode,
                           unsigned threads) LEAT_MUST_CHECK;

#endif
