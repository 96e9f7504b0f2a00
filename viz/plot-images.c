/* Images as contact sheets: the images of a tag and run side by side, each with its step. Images are decoded one
 * at a time and shrunk to what is seen. */
#include "viz/figure-private.h"
#include "viz/histogram-private.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define CELL 112.0 /* the square that an image is fitted into, where many images want a row each */
#define MOST_CELL 168.0
#define LEAST_CELL 84.0
#define MAGNIFIED 100.0 /* small images do not grow beyond this */
#define TITLE 240.0     /* of a narrow sheet: as much of its title has room */
#define CELL_GAP 10.0
#define NARROWEST 56.0 /* of a column: its step has room */
#define MOST_ROWS 4u   /* of one sheet; more steps are sampled */
#define MOST_PIXELS 12000000u
#define MOST_EMBEDDED ((size_t)4 << 20)

typedef struct prepared {
    size_t columns, rows, shown;
    double cell; /* the side of the square */
    double wide,
        high; /* of a column and a row: of the sheet's widest and highest image, so that nothing gapes */
    char remark[64];
} prepared;

static bool images_at(const leat_plot_data *d, size_t i, leat_found *s)
{
    return leat_blob_series_at(d->images, d->n_images, i, s);
}

/* One row for few images, as large as it has room for; else as many columns as suit, filled to the edge. */
static void choose_cells(prepared *p, size_t n, double width)
{
    double one_row = (width + CELL_GAP) / (double)LEAT_MAX(n, (size_t)1) - CELL_GAP;
    if (one_row >= LEAST_CELL) {
        p->columns = LEAT_MAX(n, (size_t)1);
        p->cell = fmin(MOST_CELL, one_row);
    } else {
        p->columns = (size_t)fmax(1, floor((width + CELL_GAP) / (CELL + CELL_GAP)));
        p->cell = fmin(MOST_CELL, (width + CELL_GAP) / (double)p->columns - CELL_GAP);
    }
    p->cell = fmax(p->cell, 20);
    p->shown = LEAT_MIN(n, p->columns * MOST_ROWS);
    p->rows = (p->shown + p->columns - 1) / p->columns;
}

/* An image's size within a square: magnified by halves, so that print shows whole pixels. */
static leat_box fitted(double cell, uint32_t width, uint32_t height)
{
    double large = LEAT_MAX(width, height), k = cell / large;
    if (k > 1)
        k = fmax(1, floor(2 * fmin(k, MAGNIFIED / large)) / 2);
    return (leat_box){0, 0, fmax(1, k * width), fmax(1, k * height)};
}

static leat_status look(void *to, const void *data, size_t size)
{
    leat_image_facts_of(data, size, to);
    return LEAT_OK;
}

static leat_status measure(prepared *p, const leat_blob_series *s)
{
    p->wide = p->high = 0;
    for (size_t i = 0; i < p->shown; i++) {
        leat_image_facts facts = {0};
        leat_status status = leat_blob_with(s, leat_sample(i, p->shown, s->n), look, &facts);
        if (status == LEAT_ERR_NO_MEMORY)
            return status;
        bool known = status == LEAT_OK && facts.width > 0 && facts.height > 0;
        leat_box at = known ? fitted(p->cell, facts.width, facts.height) : (leat_box){0, 0, p->cell, p->cell};
        p->wide = fmax(p->wide, at.w);
        p->high = fmax(p->high, at.h);
        if (status != LEAT_OK) /* shown in the image's place, when it is drawn */
            leat_clear_message();
    }
    p->wide = fmin(p->cell, fmax(p->wide, NARROWEST));
    p->high = fmin(p->cell, fmax(p->high, 20));
    return LEAT_OK;
}

/* Images that leave room in their cells stand closer. */
static void close_up(prepared *p, size_t n, double width)
{
    size_t columns = (size_t)fmax(1, floor((width + CELL_GAP) / (p->wide + CELL_GAP)));
    p->columns = LEAT_MAX(p->columns, LEAT_MIN(columns, n));
    p->shown = LEAT_MIN(n, p->columns * MOST_ROWS);
    p->rows = (p->shown + p->columns - 1) / p->columns;
}

static leat_status images_prepare(leat_figure *f, leat_panel *panel, double width)
{
    const leat_blob_series *s = &f->data->images[f->items[panel->first].series];
    prepared *p = leat_alloc_zero(1, sizeof *p);
    if (p == NULL)
        return leat_fail_memory(sizeof *p);
    choose_cells(p, s->n, width);
    leat_status status = measure(p, s);
    if (status != LEAT_OK) {
        leat_free(p);
        return status;
    }
    close_up(p, s->n, width);
    panel->prepared = p;
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
    return fmax(leat_text_line(c, leat_shown_name(panel->tag), &title_font),
                leat_text_line(c, leat_run_name(f, panel->run), &small_font)) +
           4;
}

static double images_height(leat_figure *f, leat_canvas *c, leat_panel *panel, double width)
{
    const prepared *p = panel->prepared;
    (void)width;
    return leat_sheet_title_height(f, c, panel) +
           (double)p->rows * (p->high + leat_line_height(&small_font) + CELL_GAP) +
           (p->remark[0] ? leat_line_height(&small_font) : 0);
}

static double images_width(leat_figure *f, leat_canvas *c, leat_panel *panel, double width)
{
    const prepared *p = panel->prepared;
    double title = leat_text_width(c, leat_shown_name(panel->tag), &title_font) + 14 +
                   leat_text_width(c, leat_run_name(f, panel->run), &small_font);
    double sheet = (double)p->columns * (p->wide + CELL_GAP) - CELL_GAP;
    return fmin(width, fmax(sheet, fmin(title, TITLE)) + 1);
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

/* What one cell is drawn from and where its column begins. */
typedef struct cell {
    leat_figure *f;
    leat_canvas *c;
    const prepared *p;
    double x, y;
    leat_image_facts facts; /* of what is not decoded here, but drawn */
} cell;

/* The place of an image: in the middle of its column. */
static leat_box place(const cell *k, uint32_t width, uint32_t height)
{
    leat_box at = fitted(k->p->cell, width, height);
    double shrunk = fmin(1, fmin(k->p->wide / at.w, k->p->high / at.h)); /* larger than those measured */
    at.w *= shrunk;
    at.h *= shrunk;
    at.x = k->x + (k->p->wide - at.w) / 2;
    at.y = k->y + (k->p->high - at.h) / 2;
    return at;
}

static void draw_border(const cell *k, leat_box at)
{
    leat_draw_rect(k->c, at.x - 0.5, at.y - 0.5, at.w + 1, at.h + 1, 0,
                   &(leat_style){.stroke = k->f->theme.grid, .width = 1});
}

static leat_status draw_fitted(const cell *k, const leat_image *image)
{
    leat_box at = place(k, image->width, image->height);
    double dense = 2; /* pixels of the picture for one of ours: enough for print */
    leat_status status = LEAT_OK;
    if (at.w * dense < image->width) {
        leat_image small;
        status = shrink(image, (uint32_t)ceil(at.w * dense), (uint32_t)ceil(at.h * dense), &small);
        if (status == LEAT_OK)
            leat_draw_image(k->c, &small, at);
        leat_free(small.argb);
    } else {
        leat_draw_image(k->c, image, at);
    }
    draw_border(k, at);
    return status;
}

/* Words in place of an image, on a few lines in a dashed frame. */
static void draw_words(const cell *k, leat_box at, const char *text, leat_color color)
{
    char **lines;
    size_t n, most = (size_t)fmax(1, at.h / leat_line_height(&small_font));
    double line = leat_line_height(&small_font);
    leat_text_style style = {.font = small_font, .color = color, .h = LEAT_MIDDLE, .v = LEAT_CENTER};
    leat_draw_rect(k->c, at.x, at.y, at.w, at.h, 4,
                   &(leat_style){.stroke = k->f->theme.axis, .dash = {4, 3}});
    leat_wrap_text(k->c, text, &small_font, at.w - 8, LEAT_MIN(most, (size_t)5), &lines, &n);
    for (size_t i = 0; i < n; i++)
        leat_draw_text(k->c, at.x + at.w / 2, at.y + at.h / 2 + line * ((double)i - (double)(n - 1) / 2),
                       lines[i], &style);
    leat_free_lines(lines, n);
}

/* An image that is not decoded here: whole in formats whose readers can, else its format and size. */
static leat_status draw_foreign(cell *k, const void *data, size_t size)
{
    const leat_image_facts *i = &k->facts;
    leat_box at = place(k, i->width, i->height);
    char text[64];
    bool small = size <= MOST_EMBEDDED && (uint64_t)i->width * i->height <= MOST_PIXELS;
    if (small && leat_draw_encoded(k->c, i->mime, data, size, at)) {
        draw_border(k, at);
        return LEAT_OK;
    }
    snprintf(text, sizeof text, "%s %u × %u", i->name, i->width, i->height);
    draw_words(k, (leat_box){k->x, k->y, k->p->wide, k->p->high}, text, k->f->theme.muted);
    return LEAT_OK;
}

static leat_status draw_bytes(void *to, const void *data, size_t size)
{
    cell *k = to;
    leat_image image;
    bool known = leat_image_facts_of(data, size, &k->facts);
    if (known && strcmp(k->facts.name, "PNG") != 0)
        return draw_foreign(k, data, size);
    LEAT_TRY(leat_image_decode(data, size, MOST_PIXELS, &image));
    leat_status status = draw_fitted(k, &image);
    leat_free(image.argb);
    return status;
}

static void draw_cell(leat_figure *f, leat_canvas *c, const prepared *p, const leat_blob_series *s, size_t i,
                      double x, double y)
{
    char text[40];
    cell k = {.f = f, .c = c, .p = p, .x = x, .y = y};
    leat_status status = leat_blob_with(s, i, draw_bytes, &k);
    if (status == LEAT_ERR_NO_MEMORY) {
        leat_canvas_set_error(c, status);
    } else if (status != LEAT_OK) {
        draw_words(&k, (leat_box){x, y, p->wide, p->high}, leat_message(), f->theme.alert);
        leat_clear_message();
    }
    snprintf(text, sizeof text, "step %lld", (long long)s->at[i].step);
    leat_draw_text_within(
        c, x + p->wide / 2, y + p->high + 3, p->wide, text,
        &(leat_text_style){.font = small_font, .color = f->theme.muted, .h = LEAT_MIDDLE, .v = LEAT_TOP});
}

double leat_sheet_title(leat_figure *f, leat_canvas *c, const leat_panel *panel, leat_box box)
{
    double h = leat_sheet_title_height(f, c, panel), y = box.y + (h - 4) / 2;
    const char *run = leat_run_name(f, panel->run);
    double limit = fmax(0.6 * box.w, box.w - 12 - leat_text_width(c, run, &small_font));
    leat_box b = leat_draw_text_within(
        c, box.x, y, limit, leat_shown_name(panel->tag),
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
    const leat_blob_series *s = &f->data->images[f->items[panel->first].series];
    double line = leat_line_height(&small_font), y = box.y + leat_sheet_title(f, c, panel, box);
    char remark[64];
    snprintf(remark, sizeof remark, "%s", p->remark);
    double row = p->high + line + CELL_GAP, foot = y + (double)p->rows * row;
    for (size_t i = 0; i < p->shown; i++) {
        double x = box.x + (double)(i % p->columns) * (p->wide + CELL_GAP);
        size_t line_of_cells = i / p->columns;
        double cy = y + (double)line_of_cells * row;
        if (cy + p->high + line > box.y + box.h + 1 ||
            x + p->wide > box.x + box.w + 1) { /* a page of fixed size */
            snprintf(remark, sizeof remark, "%zu of %zu images", i, s->n);
            foot = cy;
            break;
        }
        draw_cell(f, c, p, s, leat_sample(i, p->shown, s->n), x, cy);
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
    .used_width = images_width,
    .draw = images_draw,
    .release = images_release,
};
