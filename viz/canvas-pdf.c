#include "viz/cairo-private.h"
#include <cairo-pdf.h>
#include <stdio.h>
#include <string.h>

typedef struct pdf_canvas {
    leat_cairo_canvas cairo;
    cairo_surface_t *surface;
    leat_buf bytes;
} pdf_canvas;

/* Never fails: cairo 1.16 may crash when a stream fails while it writes fonts. The buffer keeps its failure,
 * and pdf_finish looks. */
static cairo_status_t append(void *closure, const unsigned char *data, unsigned int n)
{
    leat_buf_append(closure, data, n);
    return CAIRO_STATUS_SUCCESS;
}

static void pdf_open(leat_canvas *c)
{
    pdf_canvas *p = (pdf_canvas *)c;
    if (c->options.metrics != LEAT_METRICS_PANGO) {
        leat_canvas_set_error(c, leat_fail(LEAT_ERR_INVALID_ARGUMENT, "PDF needs real fonts"));
        return;
    }
    p->surface = cairo_pdf_surface_create_for_stream(append, &p->bytes, 100, 100);
    cairo_pdf_surface_set_metadata(p->surface, CAIRO_PDF_METADATA_CREATOR, "Leat");
    if (c->options.title)
        cairo_pdf_surface_set_metadata(p->surface, CAIRO_PDF_METADATA_TITLE, c->options.title);
    leat_cairo_check(c, cairo_surface_status(p->surface));
}

static void pdf_begin_page(leat_canvas *c, double width, double height, const char *title)
{
    pdf_canvas *p = (pdf_canvas *)c;
    cairo_pdf_surface_set_size(p->surface, width, height);
    if (p->cairo.cr == NULL)
        p->cairo.cr = cairo_create(p->surface);
    if (title) {
        leat_buf clean = {0}, link = {0};
        leat_text_clean(&clean, title, strlen(title));
        leat_buf_putc(&clean, '\0');
        leat_buf_printf(&link, "page=%zu pos=[0 0]", c->n_pages);
        if (clean.failed || link.failed)
            leat_canvas_set_error(c, leat_buf_status(clean.failed ? &clean : &link));
        else
            cairo_pdf_surface_add_outline(p->surface, CAIRO_PDF_OUTLINE_ROOT, clean.data, link.data,
                                          CAIRO_PDF_OUTLINE_FLAG_OPEN);
        leat_buf_free(&clean);
        leat_buf_free(&link);
    }
    leat_cairo_check(c, cairo_status(p->cairo.cr));
}

static void pdf_end_page(leat_canvas *c)
{
    pdf_canvas *p = (pdf_canvas *)c;
    /* Links lead to pages by name: cairo 1.16 drops the number of a page that is yet to come. Named at its
     * end, for a background over all of the page makes it forget what came before. */
    char attributes[48];
    snprintf(attributes, sizeof attributes, "name='page-%zu' x=0 y=0", c->n_pages);
    cairo_tag_begin(p->cairo.cr, CAIRO_TAG_DEST, attributes);
    cairo_tag_end(p->cairo.cr, CAIRO_TAG_DEST);
    cairo_show_page(p->cairo.cr);
    leat_cairo_check(c, cairo_status(p->cairo.cr));
    leat_cairo_check(c, cairo_surface_status(p->surface));
}

/* A link's attribute string: ids are letters, digits, - and _, so that they need no quoting; others are
 * refused rather than quoted. */
static bool plain_id(const char *id)
{
    return strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == strlen(id);
}

static void pdf_tag(leat_canvas *c, const char *tag, const char *attribute, const char *id)
{
    char text[160];
    if (!plain_id(id) || strlen(id) > 100) {
        leat_canvas_set_error(c, leat_fail(LEAT_ERR_INVALID_ARGUMENT, "'%s' cannot be a link's name", id));
        return;
    }
    snprintf(text, sizeof text, "%s='%s'", attribute, id);
    cairo_tag_begin(((pdf_canvas *)c)->cairo.cr, tag, text);
}

static void pdf_push_group(leat_canvas *c, const leat_group *g)
{
    if (g->id)
        pdf_tag(c, CAIRO_TAG_DEST, "name", g->id);
    if (g->link)
        pdf_tag(c, CAIRO_TAG_LINK, "dest", strcmp(g->link, "page-0") == 0 ? "page-1" : g->link);
}

static void pdf_pop_group(leat_canvas *c, const leat_group *g)
{
    pdf_canvas *p = (pdf_canvas *)c;
    if (g->link)
        cairo_tag_end(p->cairo.cr, CAIRO_TAG_LINK);
    if (g->id)
        cairo_tag_end(p->cairo.cr, CAIRO_TAG_DEST);
    leat_cairo_check(c, cairo_status(p->cairo.cr));
}

static void pdf_finish(leat_canvas *c, leat_buf *out)
{
    pdf_canvas *p = (pdf_canvas *)c;
    leat_cairo_check(c, cairo_status(p->cairo.cr));
    cairo_surface_finish(p->surface);
    leat_cairo_check(c, cairo_surface_status(p->surface));
    leat_canvas_set_error(c, leat_buf_status(&p->bytes));
    if (c->status == LEAT_OK)
        leat_buf_append(out, p->bytes.data, p->bytes.size);
}

static void pdf_close(leat_canvas *c)
{
    pdf_canvas *p = (pdf_canvas *)c;
    if (p->cairo.cr)
        cairo_destroy(p->cairo.cr);
    if (p->surface) {
        cairo_surface_finish(p->surface); /* may write once more */
        cairo_surface_destroy(p->surface);
    }
    leat_buf_free(&p->bytes);
}

const leat_canvas_class leat_canvas_pdf = {
    .name = "pdf",
    .size = sizeof(pdf_canvas),
    .many_pages = true,
    .open = pdf_open,
    .begin_page = pdf_begin_page,
    .end_page = pdf_end_page,
    .shape = leat_cairo_shape,
    .text = leat_cairo_text,
    .image = leat_cairo_image,
    .push_clip = leat_cairo_push_clip,
    .pop_clip = leat_cairo_pop_clip,
    .push_group = pdf_push_group,
    .pop_group = pdf_pop_group,
    .finish = pdf_finish,
    .close = pdf_close,
};
