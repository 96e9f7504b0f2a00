/* chart-private.h - the frame of a chart: title, axes, grid, labels; and the legend of a page. Whatever the box,
 * no two texts overlap and none leaves it: what has no room is shortened or left out. */
#ifndef LEAT_CHART_PRIVATE_H
#define LEAT_CHART_PRIVATE_H

#include "viz/axis-private.h"
#include "viz/canvas-private.h"
#include "viz/theme-private.h"

/* ---- legend ---- */

typedef enum leat_legend_kind {
    LEAT_LEGEND_LINE,
    LEAT_LEGEND_BAND, /* a line in a band */
    LEAT_LEGEND_FILL
} leat_legend_kind;

typedef struct leat_legend_entry {
    const char *label;
    leat_run_look look;
    leat_legend_kind kind;
} leat_legend_entry;

/* Entries in columns of one width, as many rows as they need but at most `max_height`; the last cell then says
 * how many are missing. Returns the height; draws only if `draw`. */
double leat_legend(leat_canvas *c, const leat_theme *theme, const leat_legend_entry *entries, size_t n,
                   leat_box box, bool draw);

/* ---- marks ---- */

typedef enum leat_mark {
    LEAT_MARK_NAN,        /* a triangle, empty */
    LEAT_MARK_INF,        /* a triangle that points up */
    LEAT_MARK_MINUS_INF,  /* and down */
    LEAT_MARK_CLIP_ABOVE, /* a chevron at the edge that the line leaves through */
    LEAT_MARK_CLIP_BELOW,
    LEAT_MARK_POINT /* a circle: a point without a line */
} leat_mark;
#define LEAT_MARKS 6

void leat_draw_mark(leat_canvas *c, leat_mark mark, double x, double y, leat_color color,
                    const leat_theme *theme);

/* ---- frame ---- */

typedef struct leat_chart {
    const char *title, *subtitle, *xlabel, *ylabel; /* NULL or "": none */
    leat_axis x, y;
    bool no_y; /* the y axis has no numbers: ridges stand on steps, which the caller labels */
    size_t
        notes[LEAT_MARKS]; /* counts of what marks show, explained below the chart; 0: nothing to explain */
    size_t not_positive;   /* points that a log axis cannot show */
    const char *remark;    /* another note; NULL: none */
    size_t pale_outside;   /* unsmoothed points outside, drawn pale and without marks */
    bool keep_notes_row;   /* also without notes, so that charts side by side are alike */
    double numbers_width;  /* of the y axis, at least: so that charts above one another are aligned */
} leat_chart;

leat_font leat_chart_number_font(leat_box box); /* of the axes of a chart in that box */
/* Lines in large charts are wider, as their letters are larger: so many times. */
double leat_chart_line_scale(leat_box box);
bool leat_chart_has_notes(const leat_chart *chart);
/* How wide the numbers of the y axis will be in this box. */
double leat_chart_numbers_width(leat_canvas *c, const leat_theme *theme, const leat_chart *chart,
                                leat_box box);

/* Draws all but the data; returns where they go (w or h <= 0: no room). `right` is kept free at the right. */
leat_box leat_chart_frame(leat_canvas *c, const leat_theme *theme, const leat_chart *chart, leat_box box,
                          double right);

/* Where a value is in the data's box. */
static inline double leat_chart_x(const leat_chart *chart, leat_box box, double v)
{
    return box.x + box.w * leat_axis_at(&chart->x, v);
}
static inline double leat_chart_y(const leat_chart *chart, leat_box box, double v)
{
    return box.y + box.h * (1 - leat_axis_at(&chart->y, v));
}

/* Draws text shortened to `width` (from an anchor as in leat_draw_text); nothing where it is taller than
 * `height` even at the smallest legible size. Returns the box taken. */
leat_box leat_draw_text_within(leat_canvas *c, double x, double y, double width, const char *text,
                               const leat_text_style *style);
/* The height of a line that holds this text, whatever its script. */
double leat_text_line(leat_canvas *c, const char *text, const leat_font *font);

#endif
