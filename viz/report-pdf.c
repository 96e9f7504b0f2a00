/* The report as a document: contents, summary, then page after page of charts. It is laid out twice: on a trace to
 * learn where everything comes to stand, and then on paper with these numbers in the contents. */
#include "viz/report-private.h"
#include "base/file-private.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define PAGE_W 595.0 /* A4 */
#define PAGE_H 842.0
#define MARGIN 40.0
#define LINE 15.0
#define FIRST_Y 110.0 /* of lines on a page that begins a chapter */

typedef struct paper {
    leat_report_job *j;
    leat_canvas *c;
    size_t *page_of;                           /* by picture */
    size_t section_page[LEAT_REPORT_SECTIONS]; /* 0: none */
    size_t summary_page;
    double y;     /* of the next line */
    double run_x; /* of the summary's runs: beside their tag, or under it where one is too long for that */
} paper;

static const leat_font body = {.size = 10}, bold = {.size = 10, .bold = true},
                       head = {.size = 20, .bold = true};

static void begin_page(paper *k, const char *title)
{
    leat_canvas_begin_page(k->c, PAGE_W, PAGE_H, title);
    leat_draw_rect(k->c, 0, 0, PAGE_W, PAGE_H, 0, &(leat_style){.fill = k->j->theme.page});
    if (title)
        leat_draw_text_within(k->c, MARGIN, 60, PAGE_W - 2 * MARGIN, title,
                              &(leat_text_style){.font = head, .color = k->j->theme.ink, .v = LEAT_CENTER});
    k->y = title ? FIRST_Y : MARGIN + LINE;
}

static void end_page(paper *k)
{
    char number[24];
    snprintf(number, sizeof number, "%zu", k->c->n_pages);
    leat_draw_text(k->c, PAGE_W / 2, PAGE_H - 18, number,
                   &(leat_text_style){
                       .font = {.size = 9}, .color = k->j->theme.muted, .h = LEAT_MIDDLE, .v = LEAT_CENTER});
    leat_canvas_end_page(k->c);
}

/* Where the page has no room for so many lines, the next one begins; true then. */
static bool make_room(paper *k, int lines)
{
    if (k->y <= PAGE_H - MARGIN - LINE * lines)
        return false;
    end_page(k);
    begin_page(k, NULL);
    return true;
}

static void put(paper *k, double x, double width, const char *text, const leat_font *font, leat_color color,
                leat_halign h)
{
    leat_draw_text_within(k->c, x, k->y, width, text,
                          &(leat_text_style){.font = *font, .color = color, .h = h, .v = LEAT_CENTER});
}

/* ---- contents ---- */

/* One line that leads to a page. */
static void put_entry(paper *k, double indent, const char *text, const leat_font *font, size_t page)
{
    char number[24], link[40];
    double right = PAGE_W - MARGIN, x = MARGIN + indent;
    make_room(k, 1);
    snprintf(number, sizeof number, "%zu", page);
    snprintf(link, sizeof link, "page-%zu", page);
    leat_push_group(k->c, &(leat_group){.link = link});
    leat_box b =
        leat_draw_text_within(k->c, x, k->y, right - x - 50, text,
                              &(leat_text_style){.font = *font, .color = k->j->theme.ink, .v = LEAT_CENTER});
    if (page > 0)
        put(k, right, 40, number, font, k->j->theme.ink, LEAT_RIGHT);
    leat_pop_group(k->c);
    if (right - 34 > x + b.w + 8)
        leat_draw_line(k->c, x + b.w + 8, k->y + 3, right - 34, k->y + 3,
                       &(leat_style){.stroke = k->j->theme.axis, .width = 0.6, .dash = {1, 3}});
    k->y += LINE;
}

static char *label_of(const leat_picture *p)
{
    const char *tag = leat_shown_name(p->tag);
    return p->run ? leat_asprintf("%s · %s", tag, p->run) : leat_strdup(tag);
}

static void put_picture_entry(paper *k, size_t i)
{
    char *label = label_of(&k->j->pictures[i]);
    if (label)
        put_entry(k, 16, label, &body, k->page_of[i]);
    else
        leat_canvas_set_error(k->c, leat_fail_memory(1));
    leat_free(label);
}

static void put_about(paper *k)
{
    leat_report_job *j = k->j;
    char text[160], points[LEAT_NUMBER_SIZE];
    size_t runs, tags;
    const leat_figure *f = NULL;
    for (size_t i = LEAT_REPORT_SECTIONS; i-- > 0;)
        f = j->figures[i] ? j->figures[i] : f;
    runs = f ? f->n_runs : 0;
    tags = j->figures[0] ? j->figures[0]->n_panels + j->figures[0]->n_left_out : 0;
    snprintf(text, sizeof text, "%zu run%s, %zu scalar tag%s, %s point%s", runs, runs == 1 ? "" : "s", tags,
             tags == 1 ? "" : "s", leat_format_count(points, (int64_t)j->n_points),
             j->n_points == 1 ? "" : "s");
    k->y = 84;
    put(k, MARGIN, PAGE_W - 2 * MARGIN, text, &body, j->theme.muted, LEAT_LEFT);
    k->y = FIRST_Y;
    for (size_t i = 0; i < j->data->n_notes; i++) {
        make_room(k, 1);
        put(k, MARGIN, PAGE_W - 2 * MARGIN, j->data->notes[i], &body, j->theme.muted, LEAT_LEFT);
        k->y += LINE;
    }
    if (j->n_pictures == 0) {
        put(k, MARGIN, PAGE_W - 2 * MARGIN, "The log holds nothing to draw.", &body, j->theme.alert,
            LEAT_LEFT);
        k->y += LINE;
    }
}

/* Behind a section's last entry: what was too many to be drawn. */
static void put_missing(paper *k, const leat_report_section *s)
{
    char text[64], number[LEAT_NUMBER_SIZE];
    size_t missing = k->j->not_drawn[s - leat_report_sections];
    if (missing == 0)
        return;
    make_room(k, 1);
    snprintf(text, sizeof text, "and %s more, not drawn", leat_format_count(number, (int64_t)missing));
    put(k, MARGIN + 16, 300, text, &body, k->j->theme.muted, LEAT_LEFT);
    k->y += LINE;
}

static void draw_contents(paper *k)
{
    leat_report_job *j = k->j;
    begin_page(k, leat_report_title(j));
    put_about(k);
    k->y += LINE / 2;
    if (j->n_rows > 0)
        put_entry(k, 0, "Summary", &bold, k->summary_page);
    for (size_t i = 0; i < j->n_pictures; i++) {
        const leat_report_section *s = j->pictures[i].section;
        if (i == 0 || j->pictures[i - 1].section != s)
            put_entry(k, 0, s->title, &bold, k->section_page[s - leat_report_sections]);
        put_picture_entry(k, i);
        if (i + 1 == j->n_pictures || j->pictures[i + 1].section != s)
            put_missing(k, s);
    }
    end_page(k);
}

/* ---- summary ---- */

/* Right edges of the columns of numbers: points, last, step, best, step, smoothed. */
static const double columns[] = {268, 330, 378, 446, 494, 555};
#define RUN_X 136.0
#define NUMBERS_X 224.0
#define UNDER_TAG (MARGIN + 8) /* runs that stand on lines below their tag */
#define SWATCH 12.0            /* from a run's colour to its name */
#define MOST_ROWS 400u
static const leat_font small = {.size = 8.5};

static void put_text_cell(paper *k, int column, const char *text, leat_color color)
{
    double left = column == 0 ? NUMBERS_X : columns[column - 1];
    put(k, columns[column], columns[column] - left - 4, text, &small, color, LEAT_RIGHT);
}

static void put_count_cell(paper *k, int column, int64_t n)
{
    char text[LEAT_NUMBER_SIZE];
    put_text_cell(k, column, leat_format_count(text, n), k->j->theme.muted);
}

static void put_cell(paper *k, const leat_summary_row *r, int column, double v, const char *before)
{
    char number[LEAT_NUMBER_SIZE], text[LEAT_NUMBER_SIZE + 8];
    snprintf(text, sizeof text, "%s%s", before, leat_summary_number(r, number, v, 4));
    put_text_cell(k, column, text, k->j->theme.ink);
}

static void summary_head(paper *k)
{
    static const char *const names[] = {"points", "last", "step", "best", "step", "smoothed"};
    bool beside = k->run_x == RUN_X;
    put(k, MARGIN, RUN_X - MARGIN - 6, beside ? "tag" : "tag, run", &bold, k->j->theme.muted, LEAT_LEFT);
    if (beside)
        put(k, RUN_X, NUMBERS_X - RUN_X, "run", &bold, k->j->theme.muted, LEAT_LEFT);
    for (int i = 0; i < 6; i++)
        put(k, columns[i], 56, names[i], &bold, k->j->theme.muted, LEAT_RIGHT);
    leat_draw_line(k->c, MARGIN, k->y + 9, PAGE_W - MARGIN, k->y + 9,
                   &(leat_style){.stroke = k->j->theme.axis});
    k->y += LINE + 4;
}

/* Names that were cut short can be told apart no more: then the tag has a line to itself, and the run all before the
 * numbers. */
static double place_of_runs(const paper *k)
{
    const leat_report_job *j = k->j;
    for (size_t i = 0; i < j->n_rows && i < MOST_ROWS; i++) {
        const leat_scalar_series *s = &j->rows[i].series;
        if (leat_text_width(k->c, leat_shown_name(s->tag), &body) > RUN_X - MARGIN - 6 ||
            leat_text_width(k->c, s->run, &body) > NUMBERS_X - RUN_X - SWATCH - 2)
            return UNDER_TAG;
    }
    return RUN_X;
}

/* The tag of a row that is the first of its tag or page, and the row's run. A tag is not left behind alone. */
static void put_names(paper *k, size_t i)
{
    const leat_summary_row *r = &k->j->rows[i];
    bool beside = k->run_x == RUN_X;
    bool same = i > 0 && strcmp(k->j->rows[i - 1].series.tag, r->series.tag) == 0;
    bool turned = make_room(k, beside || same ? 1 : 2);
    if (turned)
        summary_head(k);
    if (!same || turned)
        put(k, MARGIN, (beside ? RUN_X - 6 : PAGE_W - MARGIN) - MARGIN, leat_shown_name(r->series.tag), &body,
            k->j->theme.ink, LEAT_LEFT);
    if (!beside && (!same || turned))
        k->y += LINE;
    leat_draw_rect(k->c, k->run_x, k->y - 4, 8, 8, 2,
                   &(leat_style){.fill = leat_theme_run(&k->j->theme, r->run).color});
    put(k, k->run_x + SWATCH, NUMBERS_X - k->run_x - SWATCH - 2, r->series.run, &body, k->j->theme.ink,
        LEAT_LEFT);
}

static void draw_summary(paper *k)
{
    leat_report_job *j = k->j;
    if (j->n_rows == 0)
        return;
    begin_page(k, "Summary");
    k->summary_page = k->c->n_pages;
    k->run_x = place_of_runs(k);
    summary_head(k);
    for (size_t i = 0; i < j->n_rows && i < MOST_ROWS; i++) {
        const leat_summary_row *r = &j->rows[i];
        put_names(k, i);
        put_count_cell(k, 0, (int64_t)r->series.n);
        put_cell(k, r, 1, r->last, "");
        put_count_cell(k, 2, r->last_step);
        if (r->finite > 0) {
            put_cell(k, r, 3, r->best, r->best_is_greatest ? "▲ " : "");
            put_count_cell(k, 4, r->best_step);
        }
        put_cell(k, r, 5, r->smoothed, "");
        k->y += LINE;
    }
    size_t all = j->figures[0]->n_found;
    if (all > MOST_ROWS) {
        char text[64], number[LEAT_NUMBER_SIZE];
        snprintf(text, sizeof text, "and %s more rows",
                 leat_format_count(number, (int64_t)(all - MOST_ROWS)));
        make_room(k, 1);
        put(k, MARGIN, 300, text, &body, j->theme.muted, LEAT_LEFT);
    }
    end_page(k);
}

/* ---- pictures ---- */

/* A graph or timeline on a page of its own, or the reason why there is none. */
static void draw_other(paper *k, leat_picture *p)
{
    char *title = label_of(p);
    leat_status status = title ? leat_picture_draw_page(k->j, p, k->c, title) : leat_fail_memory(1);
    leat_free(title);
    if (status == LEAT_OK || leat_canvas_status(k->c) != LEAT_OK)
        return;
    if (status == LEAT_ERR_NO_MEMORY) {
        leat_canvas_set_error(k->c, status);
        return;
    }
    begin_page(k, p->section->title);
    put(k, MARGIN, PAGE_W - 2 * MARGIN, leat_message(), &body, k->j->theme.alert, LEAT_LEFT);
    end_page(k);
}

/* The figure's panels were planned one after the other: picture first + i is panel i. */
static void draw_section(paper *k, size_t first, size_t n)
{
    leat_picture *p = &k->j->pictures[first];
    if (p->figure == NULL) {
        for (size_t i = 0; i < n && leat_canvas_status(k->c) == LEAT_OK; i++) {
            k->page_of[first + i] = k->c->n_pages + 1;
            draw_other(k, p + i);
        }
        return;
    }
    leat_figure *f = p->figure;
    f->page_columns = p->section->columns;
    f->page_rows = p->section->rows;
    f->page_of = k->page_of + first;
    f->chapter = p->section->title;
    leat_figure_draw(f, k->c, 0, n);
    f->page_of = NULL;
}

static void draw_pictures(paper *k)
{
    leat_report_job *j = k->j;
    for (size_t i = 0, n; i < j->n_pictures && leat_canvas_status(k->c) == LEAT_OK; i += n) {
        const leat_report_section *s = j->pictures[i].section;
        for (n = 1; i + n < j->n_pictures && j->pictures[i + n].section == s;)
            n++;
        k->section_page[s - leat_report_sections] = k->c->n_pages + 1;
        draw_section(k, i, n);
    }
}

static void draw_document(paper *k)
{
    draw_contents(k);
    draw_summary(k);
    draw_pictures(k);
}

/* The document's figures fill pages of paper. */
static void use_paper(leat_report_job *j)
{
    for (size_t i = 0; i < LEAT_REPORT_SECTIONS; i++)
        if (j->figures[i]) {
            j->figures[i]->options.width = PAGE_W;
            j->figures[i]->options.height = PAGE_H;
            j->figures[i]->number_pages = true;
        }
}

leat_status leat_report_pdf(leat_report_job *j, const char *path)
{
    paper k = {.j = j};
    leat_canvas_options options = {.title = leat_report_title(j)};
    use_paper(j);
    k.page_of = leat_alloc_zero(j->n_pictures, sizeof *k.page_of);
    leat_status status = k.page_of ? LEAT_OK : leat_fail_memory(j->n_pictures * sizeof *k.page_of);
    for (int pass = 0; pass < 2 && status == LEAT_OK; pass++) {
        status = leat_canvas_new(&k.c, pass == 0 ? &leat_canvas_trace : &leat_canvas_pdf, &options);
        if (status != LEAT_OK)
            break;
        draw_document(&k);
        leat_buf trace = {0};
        status = pass == 0 ? leat_canvas_finish(k.c, &trace) : leat_canvas_save(k.c, path);
        leat_buf_free(&trace);
        leat_canvas_free(k.c);
    }
    leat_free(k.page_of);
    return status;
}
