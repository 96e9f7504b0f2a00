/* canvas-private.h - what plots and diagrams draw on. Layout and drawing know no file format.
 *
 * Units are CSS pixels in SVG, points in PDF and `scale` pixels in PNG; x goes right, y goes down, angles are
 * degrees clockwise. A canvas keeps its first error: later calls do nothing, and leat_canvas_finish reports it,
 * so that drawing code needs no check per call. One canvas is one thread's.
 *
 *     leat_canvas *c;
 *     LEAT_TRY(leat_canvas_new(&c, leat_canvas_class_of("png"), &(leat_canvas_options){.title = "Loss"}));
 *     leat_canvas_begin_page(c, 640, 400, NULL);
 *     leat_draw_rect(c, 10, 10, 100, 40, 4, &(leat_style){.fill = 0xf9ab00ff});
 *     leat_canvas_end_page(c);
 *     leat_status status = leat_canvas_save(c, "out.png");
 *     leat_canvas_free(c);
 *
 * To add a format: one file with a const leat_canvas_class, and one row in the table of canvas.c. */
#ifndef LEAT_CANVAS_PRIVATE_H
#define LEAT_CANVAS_PRIVATE_H

#include "base/base-private.h"

/* ---- colours, styles, shapes ---- */

typedef uint32_t leat_color; /* 0xRRGGBBAA; alpha 0 (so also plain 0) paints nothing */
#define LEAT_RGB(rgb_) ((leat_color)(rgb_) << 8 | 0xff)

typedef struct leat_point {
    double x, y;
} leat_point;

typedef struct leat_box {
    double x, y, w, h;
} leat_box;

typedef struct leat_style {
    leat_color fill, stroke;
    double width;   /* of the stroke; 0 with a stroke colour means 1 */
    double dash[2]; /* on, off; dash[0] == 0: solid */
    bool round_cap; /* else butt; joins are always round */
} leat_style;

typedef enum leat_outline_kind {
    LEAT_OUTLINE_RECT,     /* box, radius */
    LEAT_OUTLINE_ELLIPSE,  /* in its box */
    LEAT_OUTLINE_POLYLINE, /* open; points */
    LEAT_OUTLINE_POLYGON,  /* closed; points */
    LEAT_OUTLINE_PATH      /* points and verbs */
} leat_outline_kind;

/* A path's verbs consume points: 'M' and 'L' one, 'C' three (two controls, the end), 'Z' none. */
typedef struct leat_outline {
    leat_outline_kind kind;
    leat_box box;
    double radius;
    const leat_point *points;
    size_t n_points;
    const char *verbs;
    size_t n_verbs;
} leat_outline;

/* ---- text ---- */

typedef struct leat_font {
    double size; /* height of the em */
    bool bold, italic, mono;
} leat_font;

typedef enum leat_halign { LEAT_LEFT, LEAT_MIDDLE, LEAT_RIGHT } leat_halign;
typedef enum leat_valign { LEAT_BASELINE, LEAT_TOP, LEAT_CENTER, LEAT_BOTTOM } leat_valign;

typedef struct leat_text_style {
    leat_font font;
    leat_color color;
    leat_halign h; /* where the anchor lies in the text, before rotation */
    leat_valign v;
    double angle;
} leat_text_style;

/* Boxes relative to the left end of the baseline: y is negative above it. `logical` is what layout reserves. */
typedef struct leat_extents {
    leat_box ink, logical;
} leat_extents;

/* One line of text, cleaned, as a canvas class gets it. */
typedef struct leat_text_run {
    const char *text;
    leat_font font;
    leat_color color;
    leat_point at; /* the left end of the baseline; the text turns about it */
    double angle;
    leat_extents extents;
    void *layout; /* PangoLayout *, or NULL with LEAT_METRICS_FIXED */
} leat_text_run;

/* CSS families with the metrics that LEAT_METRICS_PANGO measures, for writers of markup. */
#define LEAT_FONT_SANS "Liberation Sans,Arial,Helvetica,DejaVu Sans,sans-serif"
#define LEAT_FONT_MONO "Liberation Mono,Courier New,DejaVu Sans Mono,monospace"

/* ---- images and groups ---- */

typedef struct leat_image {
    uint32_t width, height;
    uint32_t *argb; /* row by row, 0xAARRGGBB, not premultiplied */
} leat_image;

typedef struct leat_group {
    const char *id;    /* where links go to; letters, digits, - and _; NULL: none */
    const char *class; /* for style sheets; NULL: none */
    const char *title; /* shown on hover: data, any text; NULL: none */
    const char *link;  /* the id of another group, or "page-N" in a document; NULL: none */
} leat_group;

/* ---- a canvas class: a file format ---- */

typedef struct leat_canvas leat_canvas;

/* Order of the calls: open, then for every page begin_page, drawing, end_page, then finish, then close (close
 * follows open in every case). Drawing comes only inside a page; groups and clips nest and are balanced when
 * end_page comes. Members report errors by leat_canvas_set_error and are not called again after
 * one, but for close. */
typedef struct leat_canvas_class {
    const char *name; /* also the file suffix */
    size_t size;      /* of the struct that begins with a leat_canvas */
    bool many_pages;  /* begin_page may come more than once */
    void (*open)(leat_canvas *c);
    void (*begin_page)(leat_canvas *c, double width, double height, const char *title);
    void (*end_page)(leat_canvas *c);
    void (*shape)(leat_canvas *c, const leat_outline *s, const leat_style *style);
    void (*text)(leat_canvas *c, const leat_text_run *t);
    void (*image)(leat_canvas *c, const leat_image *image, leat_box at);
    /* The bytes of an image file as they are, for readers who decode it themselves. Optional. */
    void (*encoded)(leat_canvas *c, const char *mime, const void *data, size_t n, leat_box at);
    void (*push_clip)(leat_canvas *c, leat_box box);
    void (*pop_clip)(leat_canvas *c);
    void (*push_group)(leat_canvas *c, const leat_group *g);
    void (*pop_group)(leat_canvas *c, const leat_group *g);
    void (*finish)(leat_canvas *c, leat_buf *out); /* appends the whole file */
    void (*close)(leat_canvas *c);
} leat_canvas_class;

extern const leat_canvas_class leat_canvas_png, leat_canvas_svg, leat_canvas_pdf, leat_canvas_trace;

/* The class of a name ("png") or of a path's suffix ("plots/loss.PNG"); NULL if there is none. */
const leat_canvas_class *leat_canvas_class_of(const char *name);
const leat_canvas_class *leat_canvas_class_of_path(const char *path);
/* "png, svg, pdf or trace": for messages. */
#define LEAT_CANVAS_NAMES "png, svg, pdf or trace"

typedef enum leat_metrics {
    LEAT_METRICS_PANGO, /* real fonts */
    LEAT_METRICS_FIXED  /* the same on every machine, for golden traces: not for PNG and PDF */
} leat_metrics;

typedef struct leat_canvas_options {
    const char *title; /* of the document; NULL: none */
    double scale;      /* PNG: pixels a unit; 0 means 1 */
    leat_metrics metrics;
    bool fragment;      /* SVG: no XML declaration, for putting into HTML */
    const char *prefix; /* SVG: put before every id, so that several fragments share a page; NULL: none */
} leat_canvas_options;

#define LEAT_CANVAS_MAX_SIDE 20000 /* units, and pixels of a PNG */

struct leat_canvas {
    const leat_canvas_class *class;
    leat_canvas_options options; /* with own copies of the strings */
    double width, height;        /* of the current page */
    struct leat_text_engine *text;
    struct leat_canvas_nest *nest; /* open groups and clips, innermost last */
    size_t n_nest, nest_capacity, n_pages;
    bool in_page, opened, finished;
    leat_status status; /* the first error */
    char detail[240];
};

leat_status leat_canvas_new(leat_canvas **out, const leat_canvas_class *class,
                            const leat_canvas_options *options) LEAT_MUST_CHECK;
void leat_canvas_free(leat_canvas *c); /* NULL is fine */
void leat_canvas_begin_page(leat_canvas *c, double width, double height, const char *title);
void leat_canvas_end_page(leat_canvas *c);
/* Ends the drawing and appends the file's bytes to *out; the first error if there was one. */
leat_status leat_canvas_finish(leat_canvas *c, leat_buf *out) LEAT_MUST_CHECK;
/* The same into a file, which appears whole or not at all. */
leat_status leat_canvas_save(leat_canvas *c, const char *path) LEAT_MUST_CHECK;
/* Keeps the first error; takes its detail from leat_message(). For classes, and for drawing code that fails. */
void leat_canvas_set_error(leat_canvas *c, leat_status status);
leat_status leat_canvas_status(const leat_canvas *c);

/* ---- drawing; style and text style are borrowed for the call ---- */

void leat_draw_shape(leat_canvas *c, const leat_outline *s, const leat_style *style);
void leat_draw_line(leat_canvas *c, double x0, double y0, double x1, double y1, const leat_style *style);
void leat_draw_rect(leat_canvas *c, double x, double y, double w, double h, double radius,
                    const leat_style *style);
void leat_draw_ellipse(leat_canvas *c, double cx, double cy, double rx, double ry, const leat_style *style);
void leat_draw_polyline(leat_canvas *c, const leat_point *points, size_t n, const leat_style *style);
void leat_draw_polygon(leat_canvas *c, const leat_point *points, size_t n, const leat_style *style);
void leat_draw_path(leat_canvas *c, const char *verbs, const leat_point *points, size_t n_points,
                    const leat_style *style);
/* Scaled to the box; magnified pixels keep their edges. */
void leat_draw_image(leat_canvas *c, const leat_image *image, leat_box at);
/* False, and nothing drawn, where the format has no place for image files. */
bool leat_draw_encoded(leat_canvas *c, const char *mime, const void *data, size_t n, leat_box at);
void leat_push_clip(leat_canvas *c, leat_box box);
void leat_pop_clip(leat_canvas *c);
void leat_push_group(leat_canvas *c, const leat_group *g);
void leat_pop_group(leat_canvas *c);

/* One line of text. Text is data: see leat_text_clean. Returns the page area that it takes (logical extents,
 * rotated). */
leat_box leat_draw_text(leat_canvas *c, double x, double y, const char *text, const leat_text_style *style);
void leat_measure_text(leat_canvas *c, const char *text, const leat_font *font, leat_extents *out);
double leat_text_width(leat_canvas *c, const char *text, const leat_font *font);
/* Height of a line of the font's own script (other scripts may be taller: measure). */
double leat_line_height(const leat_font *font);

/* A copy of `text` at most `width` wide, with "…" in its middle where something had to go (never inside a
 * character); "" where not even that fits. Free with leat_free; NULL after an error. */
char *leat_shorten_text(leat_canvas *c, const char *text, const leat_font *font, double width);

/* Breaks a paragraph into lines at most `width` wide; at most `max_lines`, the last shortened. Free with
 * leat_free_lines. */
void leat_wrap_text(leat_canvas *c, const char *text, const leat_font *font, double width, size_t max_lines,
                    char ***lines, size_t *n);
void leat_free_lines(char **lines, size_t n);

/* Appends `text` as one harmless line: invalid UTF-8 becomes U+FFFD, control characters become \xNN, line
 * breaks and tabs a blank, overrides of writing direction and other invisible controls go, and so do
 * combining marks beyond the third on one character. */
void leat_text_clean(leat_buf *out, const char *text, size_t n);
/* Appends for XML text and quoted attributes: cleaned, and & < > " ' escaped. */
void leat_text_xml(leat_buf *out, const char *text);

/* ---- image files (image-facts.c, image.c) ---- */

typedef struct leat_image_facts {
    const char *name, *mime; /* "JPEG", "image/jpeg"; NULL: no format that is known */
    uint32_t width, height;  /* as its header says */
} leat_image_facts;
/* Looks at the header alone. False where it is none of PNG, JPEG, GIF, BMP and WebP (facts->name is NULL), or says
 * no size. */
bool leat_image_facts_of(const void *data, size_t n, leat_image_facts *facts);

/* Appends a PNG file; title may be NULL; dpi 0: not said. */
leat_status leat_image_encode(leat_buf *out, const leat_image *image, const char *title,
                              double dpi) LEAT_MUST_CHECK;
/* Decodes any PNG of at most `max_pixels` (else LEAT_ERR_OUT_OF_RANGE), checked before anything is allocated;
 * free image->argb with leat_free. LEAT_ERR_DATA_LOSS where it is damaged or no PNG. */
leat_status leat_image_decode(const void *png, size_t size, uint64_t max_pixels,
                              leat_image *image) LEAT_MUST_CHECK;

#endif
