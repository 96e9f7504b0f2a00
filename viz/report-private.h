/* report-private.h - the static report: which pictures it has, and how they are written.
 *
 *     leat_report                 checks, plans, draws the pictures on several threads, then writes one of
 *     |-- directory and one file  report-html.c, with the files of report-files.c
 *     `-- document                report-pdf.c
 */
#ifndef LEAT_REPORT_PRIVATE_H
#define LEAT_REPORT_PRIVATE_H

#include <pthread.h>
#include "viz/figure-private.h"
#include "leat/viz-timeline.h"

typedef enum leat_report_matter {
    LEAT_REPORT_PLOTS,
    LEAT_REPORT_GRAPHS,
    LEAT_REPORT_PROFILES
} leat_report_matter;

/* What a report has a chapter for. */
typedef struct leat_report_section {
    const char *id; /* also the folder of its files */
    const char *title;
    leat_report_matter matter;
    leat_plot_kind kind;  /* of LEAT_REPORT_PLOTS */
    size_t columns, rows; /* of charts on a page of the document; 0: each is as high as it wants */
    const struct leat_report_csv *csv; /* NULL: there are no numbers to write */
} leat_report_section;
#define LEAT_REPORT_SECTIONS 7
extern const leat_report_section leat_report_sections[LEAT_REPORT_SECTIONS];

/* One picture: a panel of a section's figure, a graph, or the timeline of a traced step. */
typedef struct leat_picture {
    const leat_report_section *section;
    leat_figure *figure;
    size_t panel;
    const leat_report_blob *graph;
    const leat_report_blob *stats; /* RunMetadata: of a timeline, or for the graph's colours; NULL: none */
    const char *tag, *run;         /* run NULL: several */
    char *id;                      /* anchor in the page */
    char *file;                    /* "scalars/loss_train": suffixes follow */
    leat_buf svg;
    leat_status status; /* of drawing it; a damaged graph or image stops no report */
    char detail[240];
} leat_picture;

#define LEAT_SUMMARY_ROWS 5000u

/* A row of the summary. */
typedef struct leat_summary_row {
    leat_scalar_series series;
    size_t run; /* in the scalars' figure */
    bool best_is_greatest;
    double last, best, smoothed; /* best NaN: no finite value */
    int64_t last_step, best_step;
    size_t finite;
    int decimals; /* of all values of this tag, so that they stand below one another; -1: each its own way */
} leat_summary_row;
/* A value of the row as the tables write it: with about `digits` significant ones where values go their own way. */
char *leat_summary_number(const leat_summary_row *r, char *buf, double v, int digits);

/* ---- one picture in two themes (svg-pair.c) ---- */

/* What the dark theme sets, as rules of a style sheet. The functions may be called from several threads, but for the
 * last two. */
typedef struct leat_color_classes {
    pthread_mutex_t lock;
    leat_map known;
    leat_arena text;
} leat_color_classes;
/* Appends the light picture, with classes where the dark one has other colours. *alike: they differ in nothing else;
 * if they do, the light one is appended as it is. */
leat_status leat_svg_pair(leat_color_classes *classes, const leat_buf *light, const leat_buf *dark,
                          leat_buf *out, bool *alike) LEAT_MUST_CHECK;
leat_status leat_color_classes_put(const leat_color_classes *classes, leat_buf *out) LEAT_MUST_CHECK;
void leat_color_classes_free(leat_color_classes *classes);

typedef struct leat_report_job {
    const leat_report_data *data;
    leat_report_options options;
    leat_theme theme;
    const char *dir;                            /* files go there; NULL: none are written */
    leat_figure *figures[LEAT_REPORT_SECTIONS]; /* NULL: the log has nothing of that kind */
    bool pdf;                                   /* pages of paper; else a page of pictures */
    bool both;                                  /* the page follows its reader's theme */
    leat_figure *dark[LEAT_REPORT_SECTIONS];    /* the same figures, then */
    leat_color_classes classes;
    leat_picture *pictures; /* section by section */
    size_t n_pictures, pictures_capacity;
    size_t not_drawn[LEAT_REPORT_SECTIONS];   /* pictures that would have been too many */
    const char *others[LEAT_REPORT_SECTIONS]; /* the file of their numbers, without ".csv"; NULL: none */
    leat_summary_row *rows;                   /* of the first LEAT_SUMMARY_ROWS scalar series */
    size_t n_rows, n_points;                  /* of all scalars */
    leat_map files;                           /* names taken */
    leat_arena names;
} leat_report_job;

/* Is more of this tag better? By the words in its name: accuracy, reward, f1, ... */
bool leat_more_is_better(const char *tag);
leat_status leat_report_summary(leat_report_job *j) LEAT_MUST_CHECK;

/* A relative name, below the section's folder, that no other picture has: from letters, digits, - . and _ of the
 * tag (and run). In j->names. NULL: out of memory. */
char *leat_report_file_name(leat_report_job *j, const leat_report_section *section, const char *tag,
                            const char *run);

/* "DIR/scalars/loss_train.svg"; NULL: out of memory. */
char *leat_report_path(const leat_report_job *j, const char *file, const char *suffix);

/* ---- numbers (report-csv.c) ---- */

/* Where bytes go that are too many to be held: written out whenever the buffer is large. */
typedef struct leat_sink {
    struct leat_file *file;
    leat_buf *page; /* not NULL: they become part of a URL at the end of this, which goes to the file */
} leat_sink;
leat_status leat_sink_flush(struct leat_sink *sink, leat_buf *b, bool all) LEAT_MUST_CHECK;

typedef struct leat_report_csv {
    const char *columns; /* of a row, with the end of the line */
    /* Appends the rows of one series, `names` before each. */
    leat_status (*rows)(const leat_plot_data *d, size_t series, const leat_buf *names, leat_buf *b,
                        leat_sink *sink);
} leat_report_csv;
extern const leat_report_csv leat_csv_scalars, leat_csv_histograms;

/* Appends the numbers behind a picture. */
leat_status leat_csv_panel(const leat_picture *p, leat_buf *b, leat_sink *sink) LEAT_MUST_CHECK;
/* Writes the picture's file, and that of all in a section that is not drawn, where j->dir is set. */
leat_status leat_csv_picture(const leat_report_job *j, leat_picture *p) LEAT_MUST_CHECK;
leat_status leat_csv_others(const leat_report_job *j, size_t section) LEAT_MUST_CHECK;

/* ---- pictures ---- */

/* Draws a picture that is no plot, as a page of the canvas. */
leat_status leat_picture_draw_page(const leat_report_job *j, const leat_picture *p, leat_canvas *c,
                                   const char *title) LEAT_MUST_CHECK;
/* Draws one picture: into picture->svg, and into files where j->dir is set. */
leat_status leat_picture_draw(leat_report_job *j, leat_picture *p) LEAT_MUST_CHECK;

/* The page: with links to the files where j->dir is set, else with their content. */
leat_status leat_report_html(leat_report_job *j, struct leat_file *to) LEAT_MUST_CHECK;
leat_status leat_report_pdf(leat_report_job *j, const char *path) LEAT_MUST_CHECK;

/* A traced step as a page: timeline, words, tables (report-profile.c). */
leat_status leat_report_draw_profile(const leat_picture *p, leat_canvas *c, const char *title,
                                     bool dark) LEAT_MUST_CHECK;

const char *leat_report_title(const leat_report_job *j);

#endif
