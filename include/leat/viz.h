/* leat/viz.h - pictures of what a run did: scalars, histograms, distributions, images and text as PNG, SVG, PDF.
 *
 * The functions take plain arrays that the caller keeps; nothing is modified, nothing is kept after a call. They
 * may be called from any thread, several at a time. Names of runs and tags are data: any bytes may stand in
 * them, and none of them can become markup or drive a terminal. Strings are UTF-8; what is not is shown as U+FFFD.
 *
 * Source of the drawing rules (smoothing, outliers, basis points, bins, colours): TensorBoard 2.21. */
#ifndef LEAT_VIZ_H
#define LEAT_VIZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "leat/status.h"
#include "leat/viz-graph.h"
#include "leat/viz-timeline.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- data ---- */

/* One tag of one run. The three arrays hold n elements, in the order of the log: steps, seconds since 1970
 * (UTC), values (NaN and infinities are drawn as marks). */
typedef struct leat_scalar_series {
    const char *run, *tag;
    size_t n;
    const int64_t *step;
    const double *wall;
    const double *value;
} leat_scalar_series;

/* One histogram: n buckets of (left edge, right edge, count), edges not falling. */
typedef struct leat_histogram {
    int64_t step;
    double wall;
    size_t n;
    const double *buckets; /* [n][3] */
} leat_histogram;

typedef struct leat_histogram_series {
    const char *run, *tag;
    size_t n;
    const leat_histogram *at;
} leat_histogram_series;

/* Bytes that a summary holds: an encoded image (PNG is drawn; JPEG, GIF, BMP and WebP are put into SVG and HTML as they
 * are, elsewhere named), or a text. */
typedef struct leat_blob {
    int64_t step;
    double wall;
    size_t size;
    const void *data;
} leat_blob;

/* Given the bytes of a blob, which it must not keep. */
typedef leat_status leat_blob_use(void *to, const void *data, size_t size);

typedef struct leat_blob_series {
    const char *run, *tag;
    size_t n;
    const leat_blob *at;
    /* For bytes that are not in memory: called, from any thread, for at[i] where its data are NULL; hands them to
     * `use` once and returns what that returns, or its own failure. May be NULL. */
    leat_status (*load)(void *user, size_t i, leat_blob_use *use, void *to);
    void *user;
} leat_blob_series;

/* What a plot is drawn from. `runs` names all runs of the log, also those without data here: a run has its
 * colour by its place among them (in natural order), whichever of them are shown. NULL: those that the series
 * name. */
typedef struct leat_plot_data {
    const char *const *runs;
    size_t n_runs;
    const char *root; /* what pictures call the run ".", such as its directory's name; NULL: "." */
    const leat_scalar_series *scalars;
    size_t n_scalars;
    /* For scalars that are in no such array: called, from any thread, for i below n_scalars where `scalars` is NULL;
     * sets *s, whose strings and arrays live as the data do. One without points (n 0) counts as none. May be NULL. */
    void (*scalar_at)(void *user, size_t i, leat_scalar_series *s);
    void *user;
    const leat_histogram_series *histograms;
    size_t n_histograms;
    const leat_blob_series *images;
    size_t n_images;
    const leat_blob_series *texts;
    size_t n_texts;
} leat_plot_data;

/* ---- options ---- */

typedef enum leat_plot_kind {
    LEAT_PLOT_SCALARS,       /* one chart a tag, a line a run */
    LEAT_PLOT_HISTOGRAMS,    /* one chart a tag and run, a ridge a step, the oldest at the back */
    LEAT_PLOT_OVERLAY,       /* the same histograms on one another */
    LEAT_PLOT_DISTRIBUTIONS, /* one chart a tag and run: percentiles over steps, and the median */
    LEAT_PLOT_IMAGES,        /* a contact sheet a tag and run */
    LEAT_PLOT_TEXT
} leat_plot_kind;

typedef enum leat_x_axis { LEAT_X_STEP, LEAT_X_RELATIVE, LEAT_X_WALL } leat_x_axis;
typedef enum leat_plot_theme {
    LEAT_THEME_LIGHT,
    LEAT_THEME_DARK,
    LEAT_THEME_AUTO /* a report's page follows its reader's setting (prefers-color-scheme); elsewhere light */
} leat_plot_theme;

/* Fill with leat_plot_options_init, then change members. Strings may be NULL. */
typedef struct leat_plot_options {
    size_t size; /* of this struct, so that it may grow */
    leat_plot_kind kind;
    const char *tag, *run; /* regular expressions (POSIX extended, and \d): show what they are found in */
    double smoothing;      /* 0 to 0.999; 0.6 unless set */
    leat_x_axis x_axis;
    bool log_x, log_y;
    double xlim[2], ylim[2]; /* NaN: from the data */
    /* The y axis spans every point. Else it spans each series' 5th to 95th percentile, where leaving out the others
     * makes the rest half as high again or more (of a few points, more than evenly spaced ones would gain), and marks
     * say where there are others. */
    bool keep_outliers;
    /* Runs in which this regular expression is found are drawn as one line, their mean, with a band of one
     * standard deviation. Runs that differ in its first group, "(.*)/seed-", are different lines. */
    const char *band;
    bool one_chart; /* scalars: all tags in one chart */
    const char *title, *xlabel, *ylabel;
    double width, height; /* of a page, in pixels (points in PDF); 0: as large as the charts want */
    double scale;         /* PNG: pixels for one of those; 0: 2 */
    leat_plot_theme theme;
    bool safe_colors; /* Okabe and Ito's palette, which colour-blind readers can tell apart */
} leat_plot_options;

LEAT_API void leat_plot_options_init(leat_plot_options *options);

/* ---- drawing ---- */

/* Draws into a file, whose suffix says the format: .png, .svg, .pdf (one page or more) or .trace (a text that
 * names every drawing call, for tests). The file appears whole or not at all. options NULL: the defaults.
 * LEAT_ERR_NOT_FOUND where nothing is left to draw after the filters; LEAT_ERR_INVALID_ARGUMENT names a wrong
 * option; LEAT_ERR_IO, LEAT_ERR_NO_MEMORY. Time is linear in the points: about 30 ns each. */
LEAT_API leat_status leat_plot(const char *path, const leat_plot_data *data,
                               const leat_plot_options *options) LEAT_MUST_CHECK;

/* Which points of a run that was restarted are left out. */
typedef enum leat_plot_restarts {
    LEAT_PLOT_RESTARTS_START, /* as TensorBoard: those that the restarted writer's SessionLog START supersedes */
    LEAT_PLOT_RESTARTS_STEP, /* of each tag, those before a point with a smaller step, from that step on */
    LEAT_PLOT_RESTARTS_NONE  /* none */
} leat_plot_restarts;

/* The same from log directories (or event files). A run is called by its path below its directory, "." for that
 * itself; with several directories their names come before. What was damaged, or dropped at a restart, is told to
 * the log call-back. Errors of leat_plot; LEAT_ERR_NOT_FOUND and LEAT_ERR_IO name the directory. */
LEAT_API leat_status leat_plot_log(const char *path, const char *const *logdirs, size_t n_logdirs,
                                   leat_plot_restarts restarts,
                                   const leat_plot_options *options) LEAT_MUST_CHECK;

/* TensorBoard's smoothing, to the bit: n values into out (which may be the same array); weight 0 to 0.999.
 * Values that are not finite pass through uncounted, a constant series is left alone. */
LEAT_API void leat_smooth(const double *values, size_t n, double weight, double *out);

/* ---- the report of a whole log ---- */

/* A serialized GraphDef, or the RunMetadata of a traced step, of a run; borrowed. */
typedef struct leat_report_blob {
    const char *run;
    const char *tag; /* of RunMetadata: the step's name, such as "step_100"; NULL for a graph */
    const void *data;
    size_t size;
} leat_report_blob;

typedef struct leat_report_data {
    leat_plot_data plots;
    const leat_report_blob *graphs;
    size_t n_graphs;
    const leat_report_blob *run_metadata;
    size_t n_run_metadata;
    /* What the reader of the report should know, a sentence each ("run a: 12 points dropped at a restart"). */
    const char *const *notes;
    size_t n_notes;
} leat_report_data;

typedef struct leat_report_options {
    size_t size;           /* of this struct, so that it may grow */
    const char *title;     /* NULL: "Training log" */
    double smoothing;      /* of the charts and of the summary's smoothed column; 0.6 unless set */
    leat_plot_theme theme; /* LEAT_THEME_AUTO unless set */
    bool safe_colors;
    int threads; /* 0: as many as there are processors */
    size_t
        max_pictures; /* of a kind; 0: 500, and of more than 10,000 the first 50. The page says how many more there are,
                            and a directory gets their numbers, others.csv */
} leat_report_options;

LEAT_API void leat_report_options_init(leat_report_options *options);

/* Writes a report: a path that ends in .html gets one file with everything inside; .pdf a document with contents;
 * any other is a directory (made where there is none) with index.html and, for every tag, its picture as PNG and
 * SVG and its numbers as CSV (which the one HTML file holds too, to be saved from it). No script, nothing from the network; names are data, never markup. A run's graph is
 * drawn too. Files of those names are replaced, others in the directory are left alone.
 * LEAT_ERR_INVALID_ARGUMENT, LEAT_ERR_IO, LEAT_ERR_NO_MEMORY; a log without any data gives a report that says so. */
LEAT_API leat_status leat_report(const char *path, const leat_report_data *data,
                                 const leat_report_options *options) LEAT_MUST_CHECK;

/* The same from log directories, as leat_plot_log reads them. */
LEAT_API leat_status leat_report_log(const char *path, const char *const *logdirs, size_t n_logdirs,
                                     leat_plot_restarts restarts,
                                     const leat_report_options *options) LEAT_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
