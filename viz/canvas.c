#include "viz/canvas-private.h"
#include "viz/text-private.h"
#include "base/file-private.h"
#include <math.h>
#include <string.h>
#include <strings.h>

/* Every file format. A new one is a row here. */
static const leat_canvas_class *const classes[] = {
    &leat_canvas_png,
    &leat_canvas_svg,
    &leat_canvas_pdf,
    &leat_canvas_trace,
};

/* An open group, or an open clip. Of the group only which members are set matters when it is popped: the
 * strings may be gone by then. */
struct leat_canvas_nest {
    bool is_clip;
    leat_group group;
};

const leat_canvas_class *leat_canvas_class_of(const char *name)
{
    for (size_t i = 0; i < LEAT_LEN(classes); i++)
        if (strcasecmp(classes[i]->name, name) == 0)
            return classes[i];
    return NULL;
}

const leat_canvas_class *leat_canvas_class_of_path(const char *path)
{
    const char *dot = strrchr(leat_path_base(path), '.');
    return dot ? leat_canvas_class_of(dot + 1) : NULL;
}

void leat_canvas_set_error(leat_canvas *c, leat_status status)
{
    if (c->status != LEAT_OK || status == LEAT_OK)
        return;
    c->status = status;
    strncpy(c->detail, leat_message(), sizeof c->detail - 1);
}

leat_status leat_canvas_status(const leat_canvas *c)
{
    return c->status;
}

static leat_status own_string(const char **s)
{
    if (*s == NULL)
        return LEAT_OK;
    leat_buf b = {0};
    leat_text_clean(&b, *s, strlen(*s));
    leat_buf_putc(&b, '\0');
    *s = b.data;
    leat_status status = leat_buf_status(&b);
    if (status != LEAT_OK) {
        leat_buf_free(&b);
        *s = NULL;
    }
    return status;
}

leat_status leat_canvas_new(leat_canvas **out, const leat_canvas_class *class,
                            const leat_canvas_options *options)
{
    *out = NULL;
    if (class == NULL)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "unknown picture format (not " LEAT_CANVAS_NAMES ")");
    leat_canvas *c = leat_alloc_zero(1, class->size);
    if (c == NULL)
        return leat_fail_memory(class->size);
    c->class = class;
    if (options)
        c->options = *options;
    if (!(c->options.scale > 0))
        c->options.scale = 1;
    leat_status status = own_string(&c->options.title);
    if (status == LEAT_OK)
        status = own_string(&c->options.prefix);
    else
        c->options.prefix = NULL;
    if (status == LEAT_OK)
        status = leat_text_engine_new(&c->text, c->options.metrics);
    if (status == LEAT_OK) {
        class->open(c);
        c->opened = true;
        status = c->status;
    }
    if (status != LEAT_OK) {
        leat_canvas_free(c);
        return status;
    }
    *out = c;
    return LEAT_OK;
}

void leat_canvas_free(leat_canvas *c)
{
    if (c == NULL)
        return;
    if (c->opened)
        c->class->close(c);
    leat_text_engine_free(c->text);
    leat_free(c->nest);
    leat_free((char *)c->options.title);
    leat_free((char *)c->options.prefix);
    leat_free(c);
}

/* May the class be called for drawing? A call outside a page is a mistake of ours, reported as such. */
static bool ready(leat_canvas *c)
{
    if (c->status != LEAT_OK)
        return false;
    if (!c->in_page)
        leat_canvas_set_error(c, leat_fail(LEAT_ERR_FAILED_PRECONDITION, "drawing outside a page"));
    return c->in_page;
}

void leat_canvas_begin_page(leat_canvas *c, double width, double height, const char *title)
{
    if (c->status != LEAT_OK)
        return;
    leat_status status = LEAT_OK;
    if (c->in_page || c->finished || (c->n_pages > 0 && !c->class->many_pages))
        status =
            leat_fail(LEAT_ERR_FAILED_PRECONDITION, "a %s file has no room for this page", c->class->name);
    else if (!(width >= 1 && width <= LEAT_CANVAS_MAX_SIDE && height >= 1 && height <= LEAT_CANVAS_MAX_SIDE))
        status = leat_fail(LEAT_ERR_INVALID_ARGUMENT, "picture size %gx%g is not between 1 and %d", width,
                           height, LEAT_CANVAS_MAX_SIDE);
    if (status != LEAT_OK) {
        leat_canvas_set_error(c, status);
        return;
    }
    c->width = width;
    c->height = height;
    c->in_page = true;
    c->n_pages++;
    c->class->begin_page(c, width, height, title);
}

void leat_canvas_end_page(leat_canvas *c)
{
    if (!ready(c))
        return;
    if (c->n_nest > 0)
        leat_canvas_set_error(c,
                              leat_fail(LEAT_ERR_FAILED_PRECONDITION, "a page ends inside a group or clip"));
    else
        c->class->end_page(c);
    c->in_page = false;
}

leat_status leat_canvas_finish(leat_canvas *c, leat_buf *out)
{
    if (c->in_page)
        leat_canvas_end_page(c);
    if (c->status == LEAT_OK && (c->finished || c->n_pages == 0))
        leat_canvas_set_error(c, leat_fail(LEAT_ERR_FAILED_PRECONDITION, "a picture without a page"));
    if (c->status == LEAT_OK)
        c->class->finish(c, out);
    c->finished = true;
    if (c->status == LEAT_OK)
        leat_canvas_set_error(c, leat_buf_status(out));
    return c->status == LEAT_OK ? LEAT_OK : leat_fail(c->status, "%s", c->detail);
}

leat_status leat_canvas_save(leat_canvas *c, const char *path)
{
    leat_buf b = {0};
    leat_status status = leat_canvas_finish(c, &b);
    if (status == LEAT_OK)
        status = leat_file_replace(path, b.data, b.size, false);
    leat_buf_free(&b);
    return status;
}

/* ---- drawing ---- */

static bool visible(const leat_style *style)
{
    return (style->fill & 0xff) != 0 || (style->stroke & 0xff) != 0;
}

void leat_draw_shape(leat_canvas *c, const leat_outline *s, const leat_style *style)
{
    if (!ready(c) || !visible(style))
        return;
    leat_style st = *style;
    if (!(st.width > 0))
        st.width = 1;
    c->class->shape(c, s, &st);
}

void leat_draw_line(leat_canvas *c, double x0, double y0, double x1, double y1, const leat_style *style)
{
    leat_point p[2] = {{x0, y0}, {x1, y1}};
    leat_draw_polyline(c, p, 2, style);
}

void leat_draw_rect(leat_canvas *c, double x, double y, double w, double h, double radius,
                    const leat_style *style)
{
    double r = LEAT_MAX(0, LEAT_MIN(radius, LEAT_MIN(w, h) / 2));
    leat_draw_shape(c, &(leat_outline){.kind = LEAT_OUTLINE_RECT, .box = {x, y, w, h}, .radius = r}, style);
}

void leat_draw_ellipse(leat_canvas *c, double cx, double cy, double rx, double ry, const leat_style *style)
{
    leat_draw_shape(
        c, &(leat_outline){.kind = LEAT_OUTLINE_ELLIPSE, .box = {cx - rx, cy - ry, 2 * rx, 2 * ry}}, style);
}

void leat_draw_polyline(leat_canvas *c, const leat_point *points, size_t n, const leat_style *style)
{
    if (n >= 2)
        leat_draw_shape(c, &(leat_outline){.kind = LEAT_OUTLINE_POLYLINE, .points = points, .n_points = n},
                        style);
}

void leat_draw_polygon(leat_canvas *c, const leat_point *points, size_t n, const leat_style *style)
{
    if (n >= 3)
        leat_draw_shape(c, &(leat_outline){.kind = LEAT_OUTLINE_POLYGON, .points = points, .n_points = n},
                        style);
}

void leat_draw_path(leat_canvas *c, const char *verbs, const leat_point *points, size_t n_points,
                    const leat_style *style)
{
    size_t need = 0, n_verbs = strlen(verbs);
    for (size_t i = 0; i < n_verbs; i++)
        need += verbs[i] == 'Z' ? 0 : verbs[i] == 'C' ? 3 : 1;
    if (need != n_points || verbs[0] != 'M') {
        leat_canvas_set_error(c,
                              leat_fail(LEAT_ERR_INVALID_ARGUMENT, "a path's verbs do not fit its points"));
        return;
    }
    leat_draw_shape(c,
                    &(leat_outline){.kind = LEAT_OUTLINE_PATH,
                                    .points = points,
                                    .n_points = n_points,
                                    .verbs = verbs,
                                    .n_verbs = n_verbs},
                    style);
}

void leat_draw_image(leat_canvas *c, const leat_image *image, leat_box at)
{
    if (ready(c) && image->width > 0 && image->height > 0 && at.w > 0 && at.h > 0)
        c->class->image(c, image, at);
}

bool leat_draw_encoded(leat_canvas *c, const char *mime, const void *data, size_t n, leat_box at)
{
    if (c->class->encoded == NULL)
        return false;
    if (ready(c) && at.w > 0 && at.h > 0)
        c->class->encoded(c, mime, data, n, at);
    return true;
}

static bool push(leat_canvas *c, const leat_group *g)
{
    if (!ready(c))
        return false;
    leat_status status = leat_grow(&c->nest, &c->nest_capacity, c->n_nest + 1, sizeof *c->nest);
    if (status != LEAT_OK) {
        leat_canvas_set_error(c, status);
        return false;
    }
    c->nest[c->n_nest++] = (struct leat_canvas_nest){.is_clip = g == NULL, .group = g ? *g : (leat_group){0}};
    return true;
}

/* Pops the innermost, which must be of the asked kind. */
static bool pop(leat_canvas *c, bool clip, leat_group *g)
{
    if (!ready(c))
        return false;
    if (c->n_nest == 0 || c->nest[c->n_nest - 1].is_clip != clip) {
        leat_canvas_set_error(c, leat_fail(LEAT_ERR_FAILED_PRECONDITION, "groups and clips do not nest"));
        return false;
    }
    *g = c->nest[--c->n_nest].group;
    return true;
}

void leat_push_clip(leat_canvas *c, leat_box box)
{
    if (push(c, NULL))
        c->class->push_clip(c, box);
}

void leat_pop_clip(leat_canvas *c)
{
    leat_group g;
    if (pop(c, true, &g))
        c->class->pop_clip(c);
}

void leat_push_group(leat_canvas *c, const leat_group *g)
{
    if (push(c, g))
        c->class->push_group(c, g);
}

void leat_pop_group(leat_canvas *c)
{
    leat_group g;
    if (pop(c, false, &g))
        c->class->pop_group(c, &g);
}
