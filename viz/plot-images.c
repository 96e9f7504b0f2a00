/* Images as contact sheets: the images of a tag and run side by side, each with its step. Images are decoded one
 * at a time and shrunk to what is seen. */
#include "viz/figure-private.h"
#include "viz/histogram-private.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define CELL 112.0 /* the square that an image is fitted into */
#define CELL_GAP 10.0
#define MOST_ROWS 4u /* of one sheet; more steps are sampled */
#define MOST_PIXELS 12000000u

typedef struct prepared {
    size_t columns, rows, shown;
    char remark[64];
} prepared;

static bool images_at(const leat_plot_data *d, size_t i, const char **run, const char **tag, size_t *n,
                      const void **series)
{
    if (i >= d->n_images)
        return false;
    *run = d->images[i].run;
    *tag = d->images[i].tag;
    *n = d->images[i].n;
    *series = &d->images[i];
    return true;
}

static leat_status images_prepare(leat_figure *f, leat_panel *panel, double width)
{
    const leat_blob_series *s = f->items[panel->first].series;
    prepared *p = leat_alloc_zero(1, sizeof *p);
    if (p == NULL)
        return leat_fail_memory(sizeof *p);
    panel->prepared = p;
    p->columns = (size_t)fmax(1, floor((width + CELL_GAP) / (CELL + CELL_GAP)));
    p->shown = LEAT_MIN(s->n, p->columns * MOST_ROWS);
    p->rows = (p->shown + p->columns - 1) / p->columns;
    if (p->shown < s->n)
        snprintf(p->remark, sizeof p->remark, "%zu of %zu images", p->shown, s->n);
    return LEAT_OK;
}

static void images_release(leat_panel *panel)
{
    leat_free(panel->prepared);
}

static const leat_font title_font = {.size = 12.5, .bold = true}, small_font = {.size = 9.5};

double leat_sheet_title_height(leat_figure *f, leat_canvas *c, const leat_panel *panel)
{
    return fmax(leat_text_line(c, panel->tag, &title_font),
                leat_text_line(c, f->runs[panel->run], &small_font)) +
           4;
}

static double images_height(leat_figure *f, leat_canvas *c, leat_panel *panel, double width)
{
    const prepared *p = panel->prepared;
    (void)width;
    return leat_sheet_title_height(f, c, panel) +
           (double)p->rows * (CELL + leat_line_height(&small_font) + CELL_GAP) +
           (p->remark[0] ? leat_line_height(&small_font) : 0);
}

/* The mean of the image's pixels under each of a smaller one's. */
static leat_status shrink(const leat_image *from, uint32_t width, uint32_t height, leat_image *to)
{
    *to = (leat_image){width, height, leat_alloc_zero((size_t)width * height, 4)};
    if (to->argb == NULL)
        return leat_fail_memory((size_t)width * height * 4);
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++) {
            uint64_t x0 = (uint64_t)x * from->width / width,
                     x1 = LEAT_MAX((uint64_t)(x + 1) * from->width / width, x0 + 1);
            uint64_t y0 = (uint64_t)y * from->height / height,
                     y1 = LEAT_MAX((uint64_t)(y + 1) * from->height / height, y0 + 1);
            uint64_t sum[4] = {0}, n = (x1 - x0) * (y1 - y0);
            for (uint64_t v = y0; v < y1; v++)
                for (uint64_t u = x0; u < x1; u++)
                    for (int k = 0; k < 4; k++)
                        sum[k] += from->argb[v * from->width + u] >> (8 * k) & 0xff;
            uint32_t argb = 0;
            for (int k = 0; k < 4; k++)
                argb |= (uint32_t)((sum[k] + n / 2) / n) << (8 * k);
            to->argb[(size_t)y * width + x] = argb;
        }
    return LEAT_OK;
}

static void draw_fitted(leat_figure *f, leat_canvas *c, const leat_image *image, double x, double y)
{
    double w = image->width, h = image->height, k = fmin(CELL / w, CELL / h);
    k = k > 1 ? floor(k) : k; /* whole pixels */
    leat_box at = {x + (CELL - k * w) / 2, y + (CELL - k * h) / 2, fmax(1, k * w), fmax(1, k * h)};
    double dense = 2; /* pixels of the picture for one of ours: enough for print */
    if (k * dense < 1) {
        leat_image small;
        leat_status status =
            shrink(image, (uint32_t)ceil(at.w * dense), (uint32_t)ceil(at.h * dense), &small);
        leat_canvas_set_error(c, status);
        if (status == LEAT_OK)
            leat_draw_image(c, &small, at);
        leat_free(small.argb);
    } else {
        leat_draw_image(c, image, at);
    }
    leat_draw_rect(c, at.x - 0.5, at.y - 0.5, at.w + 1, at.h + 1, 0,
                   &(leat_style){.stroke = f->theme.grid, .width = 1});
}

/* What stands where an image cannot: the reason, on a few lines. */
static void draw_reason(leat_figure *f, leat_canvas *c, double x, double y)
{
    char **lines;
    size_t n;
    double line = leat_line_height(&small_font);
    leat_text_style style = {.font = small_font, .color = f->theme.alert, .h = LEAT_MIDDLE, .v = LEAT_CENTER};
    leat_draw_rect(c, x, y, CELL, CELL, 4, &(leat_style){.stroke = f->theme.axis, .dash = {4, 3}});
    leat_wrap_text(c, leat_message(), &small_font, CELL - 8, 5, &lines, &n);
    for (size_t i = 0; i < n; i++)
        leat_draw_text(c, x + CELL / 2, y + CELL / 2 + line * ((double)i - (double)(n - 1) / 2), lines[i],
                       &style);
    leat_free_lines(lines, n);
    leat_clear_message();
}

static leat_status decode(void *to, const void *data, size_t size)
{
    return leat_image_decode(data, size, MOST_PIXELS, to);
}

static void draw_cell(leat_figure *f, leat_canvas *c, const leat_blob_series *s, size_t i, double x, double y)
{
    leat_image image;
    char text[40];
    leat_status status = leat_blob_with(s, i, decode, &image);
    if (status == LEAT_OK) {
        draw_fitted(f, c, &image, x, y);
        leat_free(image.argb);
    } else if (status == LEAT_ERR_NO_MEMORY) {
        leat_canvas_set_error(c, status);
    } else {
        draw_reason(f, c, x, y);
    }
    snprintf(text, sizeof text, "step %lld", (long long)s->at[i].step);
    leat_draw_text_within(
        c, x + CELL / 2, y + CELL + 3, CELL, text,
        &(leat_text_style){.font = small_font, .color = f->theme.muted, .h = LEAT_MIDDLE, .v = LEAT_TOP});
}

double leat_sheet_title(leat_figure *f, leat_canvas *c, const leat_panel *panel, leat_box box)
{
    double h = leat_sheet_title_height(f, c, panel), y = box.y + (h - 4) / 2;
    const char *run = f->runs[panel->run];
    double limit = fmax(0.6 * box.w, box.w - 12 - leat_text_width(c, run, &small_font));
    leat_box b = leat_draw_text_within(
        c, box.x, y, limit, panel->tag,
        &(leat_text_style){.font = title_font, .color = f->theme.ink, .v = LEAT_CENTER});
    if (box.w - b.w > 12)
        leat_draw_text_within(
            c, box.x + b.w + 10, y, box.w - b.w - 10, run,
            &(leat_text_style){.font = small_font, .color = f->theme.muted, .v = LEAT_CENTER});
    return h;
}

static void images_draw(leat_figure *f, leat_canvas *c, leat_panel *panel, leat_box box)
{
    const prepared *p = panel->prepared;
    const leat_blob_series *s = f->items[panel->first].series;
    double line = leat_line_height(&small_font), y = box.y + leat_sheet_title(f, c, panel, box);
    char remark[64];
    snprintf(remark, sizeof remark, "%s", p->remark);
    double foot = y + (double)p->rows * (CELL + line + CELL_GAP);
    for (size_t i = 0; i < p->shown; i++) {
        double x = box.x + (double)(i % p->columns) * (CELL + CELL_GAP);
        double cy = y + (double)(i / p->columns) * (CELL + line + CELL_GAP);
        if (cy + CELL + line > box.y + box.h + 1 || x + CELL > box.x + box.w + 1) { /* a page of fixed size */
            snprintf(remark, sizeof remark, "%zu of %zu images", i, s->n);
            foot = cy;
            break;
        }
        draw_cell(f, c, s, leat_sample(i, p->shown, s->n), x, cy);
    }
    if (remark[0] && foot + line <= box.y + box.h + 1)
        leat_draw_text_within(c, box.x, foot, box.w, remark,
                              &(leat_text_style){.font = small_font, .color = f->theme.muted, .v = LEAT_TOP});
}

const leat_plot_class leat_plot_images = {
    .by_run = true,
    .width = 8 * (CELL + CELL_GAP) - CELL_GAP,
    .series = images_at,
    .prepare = images_prepare,
    .height = images_height,
    .draw = images_draw,
    .release = images_release,
};
