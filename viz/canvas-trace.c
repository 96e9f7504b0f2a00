/* One line of text per drawing call: what the golden tests compare and what the layout checks read.
 *
 *     page 640 400 "title"
 *     rect 0.0 0.0 640.0 400.0 r=0.0 fill=ffffffff
 *     text 12.0 20.0 size=11 color=202124ff box=12.0,10.1,40.5,12.7 ink=12.4,12.0,39.8,8.3 "loss"
 *
 * Boxes of text are x,y,w,h on the page, after rotation. */
#include "viz/text-private.h"
#include <math.h>
#include <string.h>

typedef struct trace_canvas {
    leat_canvas base;
    leat_buf b;
    int depth;
} trace_canvas;

static leat_buf *buf_of(leat_canvas *c)
{
    return &((trace_canvas *)c)->b;
}

static void begin_line(leat_canvas *c, const char *what)
{
    for (int i = 0; i < ((trace_canvas *)c)->depth; i++)
        leat_buf_puts(buf_of(c), "  ");
    leat_buf_puts(buf_of(c), what);
}

/* Tenths, with no negative zero, so that rounding differences of machines rarely show. */
static void put(leat_buf *b, const char *before, double v)
{
    double r = round(v * 10) / 10;
    leat_buf_printf(b, "%s%.1f", before, r == 0 ? 0.0 : r);
}

static void put_box(leat_buf *b, const char *before, leat_box box, const char *between)
{
    put(b, before, box.x);
    put(b, between, box.y);
    put(b, between, box.w);
    put(b, between, box.h);
}

static void put_quoted(leat_buf *b, const char *name, const char *text)
{
    if (text == NULL)
        return;
    leat_buf_printf(b, " %s\"", name);
    leat_text_clean(b, text, strlen(text));
    leat_buf_putc(b, '"');
}

static void trace_open(leat_canvas *c)
{
    (void)c;
}

static void trace_begin_page(leat_canvas *c, double width, double height, const char *title)
{
    leat_buf *b = buf_of(c);
    begin_line(c, "page");
    leat_buf_printf(b, " %g %g", width, height);
    put_quoted(b, "", title);
    leat_buf_putc(b, '\n');
}

static void trace_end_page(leat_canvas *c)
{
    begin_line(c, "end\n");
}

static void put_points(leat_buf *b, const leat_outline *s)
{
    for (size_t i = 0; i < s->n_points; i++) {
        put(b, " ", s->points[i].x);
        put(b, ",", s->points[i].y);
    }
}

static void trace_shape(leat_canvas *c, const leat_outline *s, const leat_style *style)
{
    static const char *const names[] = {"rect", "ellipse", "polyline", "polygon", "path"};
    leat_buf *b = buf_of(c);
    begin_line(c, names[s->kind]);
    if (s->kind == LEAT_OUTLINE_RECT || s->kind == LEAT_OUTLINE_ELLIPSE)
        put_box(b, " ", s->box, " ");
    if (s->kind == LEAT_OUTLINE_RECT && s->radius > 0)
        leat_buf_printf(b, " r=%g", s->radius);
    if (style->fill & 0xff)
        leat_buf_printf(b, " fill=%08x", style->fill);
    if (style->stroke & 0xff)
        leat_buf_printf(b, " stroke=%08x width=%g", style->stroke, style->width);
    if (style->dash[0] > 0)
        leat_buf_printf(b, " dash=%g,%g", style->dash[0], style->dash[1]);
    if (s->n_verbs > 0)
        leat_buf_printf(b, " %s", s->verbs);
    put_points(b, s);
    leat_buf_putc(b, '\n');
}

static void trace_text(leat_canvas *c, const leat_text_run *t)
{
    leat_buf *b = buf_of(c);
    begin_line(c, "text");
    put(b, " ", t->at.x);
    put(b, " ", t->at.y);
    leat_buf_printf(b, " size=%g%s%s%s", t->font.size, t->font.bold ? " bold" : "",
                    t->font.italic ? " italic" : "", t->font.mono ? " mono" : "");
    if (t->angle != 0)
        leat_buf_printf(b, " angle=%g", t->angle);
    leat_buf_printf(b, " color=%08x", t->color);
    put_box(b, " box=", leat_text_run_box(t, false), ",");
    put_box(b, " ink=", leat_text_run_box(t, true), ",");
    put_quoted(b, "", t->text);
    leat_buf_putc(b, '\n');
}

static void trace_image(leat_canvas *c, const leat_image *image, leat_box at)
{
    leat_buf *b = buf_of(c);
    begin_line(c, "image");
    put_box(b, " ", at, " ");
    leat_buf_printf(b, " pixels=%ux%u\n", image->width, image->height);
}

static void trace_push_clip(leat_canvas *c, leat_box box)
{
    begin_line(c, "clip");
    put_box(buf_of(c), " ", box, " ");
    leat_buf_putc(buf_of(c), '\n');
    ((trace_canvas *)c)->depth++;
}

static void trace_pop_clip(leat_canvas *c)
{
    ((trace_canvas *)c)->depth--;
    begin_line(c, "end clip\n");
}

static void trace_push_group(leat_canvas *c, const leat_group *g)
{
    leat_buf *b = buf_of(c);
    begin_line(c, "group");
    put_quoted(b, "id=", g->id);
    put_quoted(b, "class=", g->class);
    put_quoted(b, "title=", g->title);
    put_quoted(b, "link=", g->link);
    leat_buf_putc(b, '\n');
    ((trace_canvas *)c)->depth++;
}

static void trace_pop_group(leat_canvas *c, const leat_group *g)
{
    (void)g;
    ((trace_canvas *)c)->depth--;
    begin_line(c, "end group\n");
}

static void trace_finish(leat_canvas *c, leat_buf *out)
{
    leat_canvas_set_error(c, leat_buf_status(buf_of(c)));
    if (c->status == LEAT_OK)
        leat_buf_append(out, buf_of(c)->data, buf_of(c)->size);
}

static void trace_close(leat_canvas *c)
{
    leat_buf_free(buf_of(c));
}

const leat_canvas_class leat_canvas_trace = {
    .name = "trace",
    .size = sizeof(trace_canvas),
    .many_pages = true,
    .open = trace_open,
    .begin_page = trace_begin_page,
    .end_page = trace_end_page,
    .shape = trace_shape,
    .text = trace_text,
    .image = trace_image,
    .push_clip = trace_push_clip,
    .pop_clip = trace_pop_clip,
    .push_group = trace_push_group,
    .pop_group = trace_pop_group,
    .finish = trace_finish,
    .close = trace_close,
};
