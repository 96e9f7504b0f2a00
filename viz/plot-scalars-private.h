/* plot-scalars-private.h - a panel of scalars: its lines (plot-scalars.c), what is seen of them (plot-scalars-fit.c),
 * and the drawing (plot-scalars-draw.c). */
#ifndef LEAT_PLOT_SCALARS_PRIVATE_H
#define LEAT_PLOT_SCALARS_PRIVATE_H

#include "viz/figure-private.h"
#include "viz/series-private.h"

typedef struct leat_scalar_mark {
    leat_mark kind;
    double x, y; /* y NaN: the plot's middle */
} leat_scalar_mark;

/* A line as it will be drawn; in the values of the axes. */
typedef struct leat_scalar_line {
    leat_run_look look;
    const char *name;
    leat_points main, raw;         /* raw is empty where nothing was smoothed */
    leat_points main_low, raw_low; /* where points fill the columns: the other side of an area */
    leat_points lower, upper;      /* of a band; equal in number */
    leat_scalar_mark *marks;
    size_t n_marks, marks_capacity;
} leat_scalar_line;

typedef struct leat_scalar_panel {
    leat_chart chart;
    leat_scalar_line *lines;
    size_t n_lines;
} leat_scalar_panel;

/* A series (or band) at full length, while its panel is prepared. */
typedef struct leat_full_series {
    double *x, *y, *raw; /* raw is the caller's */
    double *deviation;   /* of a band */
    size_t n;
} leat_full_series;

/* Sets the ranges of the chart's axes: s[i] is the ith line. */
leat_status leat_scalar_fit(const leat_figure *f, leat_scalar_panel *p, const leat_full_series *s,
                            size_t n) LEAT_MUST_CHECK;
/* What a width of so many columns shows of one line: points, areas, marks. */
leat_status leat_scalar_reduce(const leat_figure *f, leat_scalar_panel *p, leat_scalar_line *l,
                               const leat_full_series *s, size_t columns) LEAT_MUST_CHECK;
/* Of leat_plot_class. */
void leat_scalar_draw(leat_figure *f, leat_canvas *c, leat_panel *panel, leat_box box);

#endif
