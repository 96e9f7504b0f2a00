/* timeline-bars.c - what ran in the lanes: bars, and where there are too many of them, stacked areas; the critical path. */
#include "config.h"
#include "viz/timeline-private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FEW                                                                                                  \
    400 /* events of a lane that are all drawn as bars, where they are as wide as the next number on average */
#define NARROW 2.5 /* bars of lanes with more of them are gathered below this width */
#define COLUMN 3.0 /* what is gathered: columns so wide */
#define KINDS LEAT_TIMELINE_KINDS
#define LABEL 9.0
#define LEAST_LABEL 22.0 /* bars narrower bear no name */
#define CLEAR 4.0        /* of a join from a name */

leat_color leat_tkind_color(const leat_tdrawing *d, uint32_t kind)
{
    leat_color other = d->theme.dark ? LEAT_RGB(0x70757a) : LEAT_RGB(0xbdc1c6);
    /* The palette ends in black or white, the colour of the critical path. */
    leat_color seventh = d->theme.dark ? LEAT_RGB(0xa08cff) : LEAT_RGB(0xf0e442);
    return kind + 1 < KINDS ? d->theme.palette[kind] : kind < KINDS ? seventh : other;
}

leat_style leat_thelped_style(const leat_tdrawing *d, uint32_t kind)
{
    leat_color color = leat_tkind_color(d, kind);
    return (leat_style){.fill = leat_color_mix(d->theme.page, color, 0.4), .stroke = color, .width = 1};
}

leat_color leat_tpath_color(const leat_tdrawing *d)
{
    return d->theme.ink;
}

static double bar_width(const leat_tdrawing *d, const leat_timeline_event *e)
{
    return leat_tat(d, (double)e->end_ns) - leat_tat(d, (double)e->start_ns);
}

static bool is_sparse(const leat_tdrawing *d, uint32_t worker)
{
    return (double)d->f->worker_events[worker] <= LEAT_MIN((double)FEW, (d->x1 - d->x0) / NARROW);
}

static bool is_bar(const leat_tdrawing *d, const leat_timeline_event *e)
{
    return is_sparse(d, e->worker) || bar_width(d, e) >= NARROW;
}

/* ---- bars ---- */

static void draw_bar(const leat_tdrawing *d, size_t i)
{
    const leat_timeline_event *e = &d->run->events[i];
    double x = leat_tat(d, (double)e->start_ns), w = LEAT_MAX(bar_width(d, e), 0.8),
           y = leat_tlane_y(d, e->worker);
    leat_style style = {.fill = leat_tkind_color(d, d->f->kind_of[i])};
    double inset = 0;
    if (e->tiles > 0) {
        style = leat_thelped_style(d, d->f->kind_of[i]);
        if (w < 6) /* no room for an outline */
            style.stroke = 0;
        else
            inset = 0.5;
    } else if (w > 3) { /* neighbours of one colour stay apart */
        style.stroke = d->theme.page;
        style.width = 0.5;
    }
    leat_draw_rect(d->c, x + inset, y + inset, w - 2 * inset, d->lane - 2 * inset, LEAT_MIN(2, w / 4),
                   &style);
}

/* ---- names ---- */

/* The name where it fits, else what follows its last scope, else the beginning of that. */
static void draw_label(const leat_tdrawing *d, const leat_timeline_event *e, double x, double y, double w,
                       leat_color fill)
{
    leat_text_style style = {.font = {.size = LABEL}, .color = leat_color_ink_on(fill), .v = LEAT_CENTER};
    const char *slash = strrchr(e->name, '/'),
               *leaf = slash != NULL && slash[1] != '\0' ? slash + 1 : e->name;
    const char *text = leat_text_width(d->c, e->name, &style.font) <= w ? e->name : leaf;
    char *shown = leat_shorten_text(d->c, text, &style.font, w);
    /* Three letters and dots tell nobody anything. */
    if (shown != NULL && (strcmp(shown, text) == 0 || strlen(shown) >= 10))
        leat_draw_text(d->c, x, y, shown, &style);
    leat_free(shown);
}

/* The widest part of [*x, *end) in a lane that no join crosses. */
static void clear_part(const leat_tdrawing *d, double y, double *x, double *end)
{
    double from = *x, last = *end, best = 0;
    while (from < last) {
        double to = last, next = last;
        for (size_t i = 0; i < d->n_joins; i++) {
            const leat_tjoin *join = &d->joins[i];
            if (join->bottom < y || join->top > y + d->lane || join->x + CLEAR <= from)
                continue;
            if (join->x - CLEAR < to) {
                to = LEAT_MAX(join->x - CLEAR, from);
                next = join->x + CLEAR;
            }
        }
        if (to - from > best) {
            best = to - from;
            *x = from;
            *end = to;
        }
        from = next;
    }
    if (best == 0)
        *end = *x;
}

void leat_timeline_labels(const leat_tdrawing *d)
{
    for (size_t i = 0; i < d->run->n_events && d->lane >= 12; i++) {
        const leat_timeline_event *e = &d->run->events[i];
        double w = bar_width(d, e), y = leat_tlane_y(d, e->worker);
        if (w < LEAST_LABEL || !is_bar(d, e))
            continue;
        double x = leat_tat(d, (double)e->start_ns) + 3, end = x + w - 6;
        clear_part(d, y, &x, &end);
        leat_color kind = leat_tkind_color(d, d->f->kind_of[i]);
        if (end - x >= LEAST_LABEL - 6)
            draw_label(d, e, x, y + d->lane / 2, end - x,
                       e->tiles > 0 ? leat_thelped_style(d, d->f->kind_of[i]).fill : kind);
    }
}

/* ---- areas ---- */

/* Busy time of each coloured kind in one column of one lane. */
typedef struct column {
    double ns[KINDS + 1];
} column;

static void add_to_columns(const leat_tdrawing *d, const leat_timeline_event *e, uint32_t kind, column *lane,
                           size_t n)
{
    double width = COLUMN / d->scale, from = (double)e->start_ns, to = LEAT_MIN((double)e->end_ns, d->f->ns);
    for (size_t k = (size_t)(from / width); k < n && (double)k * width < to; k++)
        lane[k].ns[LEAT_MIN(kind, (uint32_t)KINDS)] +=
            LEAT_MIN(to, (double)(k + 1) * width) - LEAT_MAX(from, (double)k * width);
}

/* How high kinds 0..kind stand in a column, of the lane's height. */
static double level(const leat_tdrawing *d, const column *c, uint32_t kind)
{
    double sum = 0;
    for (uint32_t k = 0; k <= kind; k++)
        sum += c->ns[k];
    return d->lane * LEAT_MIN(sum * d->scale / COLUMN, 1);
}

/* One step outline over columns [from, to): from the lane's foot, so that what is drawn after covers it without a seam. */
static void draw_area(const leat_tdrawing *d, const column *lane, size_t from, size_t to, uint32_t kind,
                      double foot, leat_point *points)
{
    size_t n = 0;
    double most = 0, before = -1;
    points[n++] = (leat_point){d->x0 + (double)from * COLUMN, foot};
    for (size_t k = from; k < to; k++) {
        double h = round(level(d, &lane[k], kind) * 4) / 4;
        most = LEAT_MAX(most, h);
        if (h == before)
            continue;
        double x = d->x0 + (double)k * COLUMN;
        if (k > from)
            points[n++] = (leat_point){x, foot - before};
        points[n++] = (leat_point){x, foot - h};
        before = h;
    }
    double end = LEAT_MIN(d->x0 + (double)to * COLUMN, d->x1);
    points[n++] = (leat_point){end, foot - before};
    points[n++] = (leat_point){end, foot};
    if (most > 0)
        leat_draw_polygon(d->c, points, n, &(leat_style){.fill = leat_tkind_color(d, kind)});
}

/* The kinds stacked, the one with most time at the foot; runs of columns in which nothing was gathered are left out. */
static void draw_lane(const leat_tdrawing *d, uint32_t worker, const column *lane, size_t n,
                      leat_point *points)
{
    double foot = leat_tlane_y(d, worker) + d->lane;
    for (size_t from = 0; from < n; from++) {
        size_t to = from;
        while (to < n && level(d, &lane[to], KINDS) > 0)
            to++;
        for (uint32_t kind = KINDS + 1; to > from && kind-- > 0;) {
            bool any = false;
            for (size_t k = from; k < to && !any; k++)
                any = lane[k].ns[kind] > 0;
            if (any)
                draw_area(d, lane, from, to, kind, foot, points);
        }
        from = LEAT_MAX(from, to);
    }
}

static leat_status draw_areas(const leat_tdrawing *d)
{
    size_t n = (size_t)ceil((d->x1 - d->x0) / COLUMN) + 1;
    column *columns = leat_alloc_zero(n * d->f->n_workers, sizeof *columns);
    leat_point *points = leat_alloc_zero(2 * n + 4, sizeof *points);
    if (!columns || !points) {
        leat_free(columns);
        leat_free(points);
        return leat_fail_memory(n * d->f->n_workers * sizeof *columns);
    }
    for (size_t i = 0; i < d->run->n_events; i++) {
        const leat_timeline_event *e = &d->run->events[i];
        if (!is_bar(d, e))
            add_to_columns(d, e, d->f->kind_of[i], columns + n * e->worker, n);
    }
    for (uint32_t w = 0; w < d->f->n_workers; w++)
        if (!is_sparse(d, w))
            draw_lane(d, w, columns + n * w, n, points);
    leat_free(columns);
    leat_free(points);
    return LEAT_OK;
}

leat_status leat_timeline_bars(const leat_tdrawing *d)
{
    LEAT_TRY(draw_areas(d));
    for (size_t i = 0; i < d->run->n_events; i++)
        if (is_bar(d, &d->run->events[i]))
            draw_bar(d, i);
    return LEAT_OK;
}

/* ---- the critical path ---- */

static int by_start(const void *a, const void *b)
{
    const leat_timeline_event *const *p = a, *const *q = b;
    if ((*p)->start_ns != (*q)->start_ns)
        return (*p)->start_ns < (*q)->start_ns ? -1 : 1;
    return ((*p)->end_ns > (*q)->end_ns) - ((*p)->end_ns < (*q)->end_ns);
}

/* A piece runs along the foot of the bars of one lane. Ends that come within a unit of one another are one piece, so that a hundred
 * thousand nodes leave no more pieces than the lane is wide. */
typedef struct piece {
    double from, to;
    uint32_t worker;
} piece;

static size_t cut_pieces(const leat_tdrawing *d, const leat_timeline_event *const *stops, size_t n,
                         piece *pieces, size_t *last_of)
{
    size_t k = 0;
    for (uint32_t w = 0; w < d->f->n_workers; w++)
        last_of[w] = SIZE_MAX;
    for (size_t i = 0; i < n; i++) {
        uint32_t w = stops[i]->worker;
        double from = leat_tat(d, (double)stops[i]->start_ns), to = leat_tat(d, (double)stops[i]->end_ns);
        piece *before = last_of[w] != SIZE_MAX ? &pieces[last_of[w]] : NULL;
        if (before != NULL && from - before->to < 1) {
            before->to = LEAT_MAX(before->to, to);
            continue;
        }
        last_of[w] = k;
        pieces[k++] = (piece){from, LEAT_MAX(to, from + 1), w};
    }
    return k;
}

static double foot_of(const leat_tdrawing *d, uint32_t worker)
{
    return leat_tlane_y(d, worker) + d->lane + LEAT_MIN(d->gap / 2, 3);
}

/* From the end of one piece to the begin of the next, where it lies on another lane or behind a gap. */
static void join_pieces(leat_tdrawing *d, const piece *pieces, size_t n)
{
    leat_style halo = {.stroke = d->theme.page, .width = 3.5},
               line = {.stroke = leat_tpath_color(d), .width = 1.2};
    for (size_t i = 1; i < n; i++) {
        double y0 = foot_of(d, pieces[i - 1].worker), y1 = foot_of(d, pieces[i].worker);
        double x0 = LEAT_MIN(pieces[i - 1].to, pieces[i].from), x1 = pieces[i].from;
        leat_point bend[3] = {{x0, y0}, {x1, y0}, {x1, y1}};
        if (pieces[i - 1].worker != pieces[i].worker) {
            leat_draw_line(d->c, x1, y0, x1, y1, &halo);
            d->joins[d->n_joins++] = (leat_tjoin){x1, LEAT_MIN(y0, y1), LEAT_MAX(y0, y1)};
        }
        leat_draw_polyline(d->c, bend, 3, &line);
    }
}

leat_status leat_timeline_critical(leat_tdrawing *d)
{
    size_t n = d->f->n_critical, k = 0;
    const leat_timeline_event **stops = leat_alloc_zero(n + 1, sizeof *stops);
    piece *pieces = leat_alloc_zero(n + 1, sizeof *pieces);
    size_t *last_of = leat_alloc_zero(d->f->n_workers, sizeof *last_of);
    leat_status status = stops && pieces && last_of ? LEAT_OK : leat_fail_memory(n * sizeof *pieces);
    if (status == LEAT_OK) {
        for (size_t i = 0; i < d->run->n_events; i++)
            if (d->run->events[i].critical)
                stops[k++] = &d->run->events[i];
        qsort(stops, k, sizeof *stops, by_start);
        k = cut_pieces(d, stops, k, pieces, last_of);
        if (k <= LEAT_TIMELINE_JOINS)
            join_pieces(d, pieces, k);
        leat_style line = {.stroke = leat_tpath_color(d), .width = LEAT_MIN(2.4, d->gap)};
        for (size_t i = 0; i < k; i++)
            leat_draw_line(d->c, pieces[i].from, foot_of(d, pieces[i].worker), pieces[i].to,
                           foot_of(d, pieces[i].worker), &line);
    }
    leat_free((void *)stops);
    leat_free(pieces);
    leat_free(last_of);
    return status;
}
