/* cairo-private.h - what the canvases that cairo draws have in common: all but the surface. */
#ifndef LEAT_CAIRO_PRIVATE_H
#define LEAT_CAIRO_PRIVATE_H

#include <cairo.h>
#include "viz/canvas-private.h"

typedef struct leat_cairo_canvas {
    leat_canvas base;
    cairo_t *cr; /* of the current page */
    bool raster; /* pixels: long lines are stroked in pieces, which is many times faster */
} leat_cairo_canvas;

void leat_cairo_shape(leat_canvas *c, const leat_outline *s, const leat_style *style);
void leat_cairo_text(leat_canvas *c, const leat_text_run *t);
void leat_cairo_image(leat_canvas *c, const leat_image *image, leat_box at);
void leat_cairo_push_clip(leat_canvas *c, leat_box box);
void leat_cairo_pop_clip(leat_canvas *c);
/* Keeps an error of cairo as the canvas's. */
void leat_cairo_check(leat_canvas *c, cairo_status_t status);

#endif
