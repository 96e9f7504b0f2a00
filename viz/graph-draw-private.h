/* graph-draw-private.h - a placed scene put on a canvas: colours, boxes and edges, legend. */
#ifndef LEAT_GRAPH_DRAW_PRIVATE_H
#define LEAT_GRAPH_DRAW_PRIVATE_H

#include "leat/viz-graph.h"
#include "viz/scene-private.h"
#include "viz/theme-private.h"

#define LEAT_A4_SHORT 595.0 /* points */
#define LEAT_A4_LONG 842.0

typedef struct leat_gpaint {
    leat_canvas *canvas;
    const leat_scene *s;
    leat_theme theme;
    leat_plot_graph_color color;
    double scale, dx, dy;         /* from the scene's units to the page */
    double max_micros, max_bytes; /* over the boxes drawn closed */
    bool groups;                  /* groups with names, for pages to come; not for huge pictures */
} leat_gpaint;

/* Every colour that fills a shape with text on it, and the ink for that text (4.5:1 at least). */
leat_color leat_gpaint_fill(const leat_gpaint *p, uint32_t box);
leat_color leat_gpaint_stroke(const leat_gpaint *p, leat_color fill);
leat_color leat_gpaint_ink(const leat_gpaint *p, leat_color fill);
leat_color leat_gpaint_structure(const leat_gpaint *p, uint32_t structure, bool open);
leat_color leat_gpaint_heat(const leat_gpaint *p, double part);
leat_color leat_gpaint_unused(const leat_gpaint *p);
/* The devices of the ops in a box, and what part of them each has; at most LEAT_GPAINT_SHARES. */
typedef struct leat_gshare {
    uint32_t device;
    double part;
} leat_gshare;
#define LEAT_GPAINT_SHARES 8
size_t leat_gpaint_devices(const leat_gpaint *p, uint32_t box, leat_gshare *shares);
/* Does the box belong to a run whose times or memory are shown, but did not take part? */
bool leat_gpaint_is_unused(const leat_gpaint *p, uint32_t box);
void leat_gpaint_scales(leat_gpaint *p);

typedef enum leat_gedge_kind { LEAT_GEDGE_DATA, LEAT_GEDGE_CONTROL, LEAT_GEDGE_REF } leat_gedge_kind;
leat_color leat_gpaint_edge(const leat_gpaint *p, leat_gedge_kind kind);

/* Shapes at places of the page; lengths are the page's. */
void leat_gpaint_op(const leat_gpaint *p, double x, double y, double w, double h, leat_color fill);
void leat_gpaint_scope(const leat_gpaint *p, double x, double y, double w, double h, leat_color fill);
void leat_gpaint_hatch(const leat_gpaint *p, leat_box box);
void leat_gpaint_series(const leat_gpaint *p, leat_box box, bool tower, leat_color fill);
void leat_gpaint_arrow(const leat_gpaint *p, leat_point tip, leat_point from, double size, leat_color color);
void leat_gpaint_constant(const leat_gpaint *p, double cx, double cy);
void leat_gpaint_summary(const leat_gpaint *p, double cx, double cy);
void leat_gpaint_text(const leat_gpaint *p, double x, double y, const char *text, double size, leat_halign h,
                      leat_color color);

/* The whole scene. */
void leat_gpaint_edges(leat_gpaint *p, uint32_t scope);
void leat_gpaint_notes(const leat_gpaint *p, uint32_t box, leat_color background);

/* The legend of what occurs, in lines at most `width` wide from x, y downwards; its height. Draws only
 * where `draw` is true. */
double leat_gpaint_legend(const leat_gpaint *p, double x, double y, double width, bool draw);

/* One page with title, scene and legend. */
leat_status leat_gpaint_page(leat_gpaint *p, const char *title) LEAT_MUST_CHECK;
/* How much the placed scene may be magnified to be read on an A4 page: 1 makes an annotation's text 5
 * points. */
double leat_gpaint_a4_scale(const leat_gpaint *p, const char *title);

/* As leat_plot_graph, onto a canvas that the caller finishes: for reports, and for traces in tests. */
leat_status leat_plot_graph_on(leat_canvas *canvas, const void *graph_def, size_t graph_def_size,
                               const leat_plot_graph_options *options) LEAT_MUST_CHECK;
/* The same layout in the options' colours, and in dark ones onto a second canvas (NULL: none). */
leat_status leat_plot_graph_on_both(leat_canvas *canvas, leat_canvas *dark, const void *graph_def,
                                    size_t graph_def_size,
                                    const leat_plot_graph_options *options) LEAT_MUST_CHECK;

#endif
