/* log-data-private.h - log directories as the plain arrays that plots and reports take. */
#ifndef LEAT_LOG_DATA_PRIVATE_H
#define LEAT_LOG_DATA_PRIVATE_H

#include "events/reader-private.h"
#include "leat/viz.h"

/* What to take from the logs. */
enum {
    LEAT_LOG_SCALARS = 1,
    LEAT_LOG_HISTOGRAMS = 2, /* decoded; of very many of one tag a sample */
    LEAT_LOG_IMAGES = 4,     /* read from the files when they are drawn */
    LEAT_LOG_TEXTS = 8,      /* likewise */
    LEAT_LOG_GRAPHS = 16,    /* graphs and, of each run, the last RunMetadata */
    LEAT_LOG_ALL = 31
};

#define LEAT_UNDRAWN_KINDS 6

typedef struct leat_undrawn {
    const char *kind;
    size_t n;
} leat_undrawn;

/* A run whose scalars are the next run->n_series of the data: those of its series that are none have no points. */
typedef struct leat_log_scalars {
    const leat_log_run *run;
    const char *name;
    size_t first;
} leat_log_scalars;

typedef struct leat_log_data {
    leat_report_data report; /* report.plots is for plots */
    leat_logdir **logs;
    size_t n_logs;
    leat_map names;   /* by address of a tag with a NUL in it: what it is called */
    leat_arena arena; /* of names, notes and everything decoded */
    const char **runs;
    size_t n_runs, runs_capacity;
    leat_log_scalars
        *scalars; /* by run: a log may have a million tags, and what is not drawn needs no more */
    size_t n_scalars, scalars_capacity;
    leat_histogram_series *histograms;
    size_t n_histograms, histograms_capacity;
    leat_blob_series *images, *texts;
    size_t n_images, images_capacity, n_texts, texts_capacity;
    leat_report_blob *graphs, *metadata;
    size_t n_graphs, graphs_capacity, n_metadata, metadata_capacity;
    leat_undrawn undrawn[LEAT_UNDRAWN_KINDS]; /* the last takes what the others have no room for */
    const char **notes;
    size_t n_notes, notes_capacity;
} leat_log_data;

/* Reads the directories; on failure nothing is left to free. The data live until leat_log_data_free. */
leat_status leat_log_data_open(leat_log_data *d, const char *const *dirs, size_t n_dirs,
                               leat_plot_restarts restarts, unsigned what) LEAT_MUST_CHECK;
void leat_log_data_free(leat_log_data *d);

#endif
