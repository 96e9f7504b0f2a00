/* figure-private.h - a figure: the panels (charts, sheets) that data and options ask for, and their pages.
 *
 * A kind of plot is one const leat_plot_class in one file, and a row in the table of figure.c. */
#ifndef LEAT_FIGURE_PRIVATE_H
#define LEAT_FIGURE_PRIVATE_H

#include <regex.h>
#include "viz/chart-private.h"
#include "leat/viz.h"

/* A series, as far as all kinds are alike. There may be a million: they are asked for one by one. */
typedef struct leat_found {
    const char *run, *tag;
    size_t points;      /* 0: no series after all */
    double first, last; /* wall times */
} leat_found;

/* One series that the filters let through. */
typedef struct leat_item {
    size_t run; /* index into figure->runs */
    const char *tag;
    size_t series;              /* index among those of its kind */
    leat_scalar_series scalars; /* that series, where the kind is scalars */
} leat_item;

typedef struct leat_panel {
    const char *tag; /* NULL: several */
    size_t run;      /* SIZE_MAX: several */
    size_t first, n; /* its items */
    double width;    /* that `prepared` is for */
    void *prepared;  /* the class's; NULL: not yet */
} leat_panel;

#define LEAT_MOST_PANELS 10000u /* more than any page or reader takes */

/* A legend's entry with a label of its own. */
typedef struct leat_key {
    char *label;
    leat_run_look look;
    leat_legend_kind kind;
    size_t run; /* shown where a panel has this run (or one of its mean's); SIZE_MAX: always */
} leat_key;

typedef struct leat_figure leat_figure;

/* Call order for a panel: prepare, then height, used_width and draw on any number of canvases, then release. */
typedef struct leat_plot_class {
    bool by_run;                /* a panel for every tag and run; else for every tag */
    double width, panel_height; /* of a panel among others, where the options give no size */
    /* The ith series of this kind; false at the end. */
    bool (*series)(const leat_plot_data *d, size_t i, leat_found *s);
    leat_status (*legend)(leat_figure *f); /* adds keys; NULL: none */
    leat_status (*prepare)(leat_figure *f, leat_panel *p, double width);
    double (*height)(leat_figure *f, leat_canvas *c, leat_panel *p, double width); /* NULL: any will do */
    /* How much of the width a prepared panel needs: panels stand side by side while there is room. NULL: all. */
    double (*used_width)(leat_figure *f, leat_canvas *c, leat_panel *p, double width);
    void (*draw)(leat_figure *f, leat_canvas *c, leat_panel *p, leat_box box);
    leat_chart *(*chart)(
        leat_panel *p); /* of a prepared panel, ready to be measured; NULL: panels are no charts */
    void (*release)(leat_panel *p); /* frees p->prepared */
} leat_plot_class;

extern const leat_plot_class leat_plot_scalars, leat_plot_ridges, leat_plot_overlay, leat_plot_distributions,
    leat_plot_images, leat_plot_texts;

typedef struct leat_pattern {
    bool set;
    regex_t regex;
} leat_pattern;
/* `what` names the option in messages. NULL text: matches everything. */
leat_status leat_pattern_init(leat_pattern *p, const char *text, const char *what) LEAT_MUST_CHECK;
bool leat_pattern_matches(const leat_pattern *p, const char *text);
/* Where the first group (else the whole) matched; false where nothing did. */
bool leat_pattern_find(const leat_pattern *p, const char *text, size_t *from, size_t *to);
void leat_pattern_free(leat_pattern *p);

struct leat_figure {
    const leat_plot_data *data;
    leat_plot_options options;
    const leat_plot_class *class;
    leat_theme theme;
    const char **runs; /* of the whole log, in natural order */
    size_t n_runs;
    leat_map run_index; /* name -> index + 1 */
    leat_pattern tag, run, band;
    size_t
        *line_of; /* by run: the first of the runs whose mean is one line with it; itself where it is alone */
    size_t *look_of; /* by run: the number of its line, which its colour goes by */
    size_t n_found,
        n_points;     /* series that the filters let through, and their points: also of those left out */
    leat_item *items; /* panel by panel */
    size_t n_items, items_capacity;
    leat_panel *panels;
    size_t n_panels;
    size_t
        n_left_out; /* panels (of one chart: series) beyond LEAT_MOST_PANELS: counted, and said on the page */
    leat_key *keys;
    size_t n_keys, keys_capacity;
    size_t page_columns, page_rows; /* of charts on pages of fixed size; 0: as many as suit */
    size_t *page_of;                /* told the page of every panel, by panel; NULL: not wanted */
    const char *chapter;            /* precedes what the outline calls a page; NULL: nothing does */
    bool number_pages;              /* at their foot, by the canvas's count */
    bool apart;                     /* every panel is a picture by itself, whose legend names its run */
    bool is_twin;                   /* of leat_figure_twin */
    bool keep;                      /* panels stay prepared after they were drawn, for another canvas */
};

/* Checks the options, selects and sorts. Data must live as long as the figure. */
leat_status leat_figure_new(leat_figure **out, const leat_plot_data *data,
                            const leat_plot_options *options) LEAT_MUST_CHECK;
/* The same figure in another theme. It shares the other's selection, which must live as long. */
leat_status leat_figure_twin(leat_figure **out, const leat_figure *of, leat_plot_theme theme) LEAT_MUST_CHECK;
void leat_figure_free(leat_figure *f);
/* Of leat_figure_new: numbers the runs, makes the panels and their items. */
leat_status leat_figure_select(leat_figure *f) LEAT_MUST_CHECK;
leat_status leat_figure_add_key(leat_figure *f, char *owned_label, leat_run_look look, leat_legend_kind kind,
                                size_t run) LEAT_MUST_CHECK;

/* Draws panels [first, first + n) on pages of the canvas: of the options' size, else as large as they want. A
 * canvas that has one page only tells in its last line how many had no room. */
void leat_figure_draw(leat_figure *f, leat_canvas *c, size_t first, size_t n);
/* Draws all of it into a file, as leat_plot does. Of the data's scalars only those of the items are looked at. */
leat_status leat_figure_write(leat_figure *f, const char *path) LEAT_MUST_CHECK;
/* LEAT_ERR_INVALID_ARGUMENT for a path whose format leat_canvas_class_of_path does not know. */
leat_status leat_figure_unknown_suffix(const char *path) LEAT_MUST_CHECK;
void leat_figure_release(leat_figure *f, size_t panel);

/* "loss/train" before "loss/valid", "layer2" before "layer10": runs of digits by their value, a slash first. */
int leat_natural_compare(const char *a, const char *b);
/* The bytes of the tag's group: what stands before the first slash; 0: none. */
size_t leat_tag_group(const char *tag);

/* The ith of the data's scalars. */
leat_scalar_series leat_scalars_at(const leat_plot_data *d, size_t i);
/* What kinds share: the histograms of the data, a legend of the runs, when the ith histogram was on the x axis,
 * and the most buckets of one; series of blobs. */
bool leat_histogram_series_at(const leat_plot_data *d, size_t i, leat_found *s);
bool leat_blob_series_at(const leat_blob_series *all, size_t n, size_t i, leat_found *s);
leat_status leat_run_legend(leat_figure *f);
double leat_histogram_when(const leat_figure *f, const leat_histogram_series *s, size_t i);
size_t leat_most_buckets(const leat_histogram_series *s);
/* Hands the bytes of the ith blob to `use`, from memory or through the series' loader. */
leat_status leat_blob_with(const leat_blob_series *s, size_t i, leat_blob_use *use, void *to) LEAT_MUST_CHECK;
/* Tag and run on the first line of a sheet of images or texts. Returns its height. */
double leat_sheet_title(leat_figure *f, leat_canvas *c, const leat_panel *p, leat_box box);
double leat_sheet_title_height(leat_figure *f, leat_canvas *c, const leat_panel *p);
void leat_figure_x_axis(const leat_figure *f, leat_axis *a);
const char *leat_figure_xlabel(const leat_figure *f);
/* The title of a panel (NULL where the page's own says it), and what is said beside it: the run, where the panel
 * is one run's. */
const char *leat_panel_title(const leat_figure *f, const leat_panel *p);
const char *leat_panel_subtitle(const leat_figure *f, const leat_panel *p);
/* A name as pictures and tables write it: one that would show nothing says so. */
const char *leat_shown_name(const char *name);
const char *leat_run_name(const leat_figure *f, size_t run); /* as pictures write it */

#endif
