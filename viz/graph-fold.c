/* graph-fold.c - a part much higher than a page is wide, such as a long chain of layers, is cut between its rows
 * and set in columns side by side, each to be read upwards, the lowest rows at the left. What crosses a cut goes
 * over the columns and down between them to the foot of the next. */
#include "config.h"
#include "viz/layout-private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TALL 600.0 /* lower parts stay as they are: their letters can be read on a page */
#define GAIN 0.7   /* of the page that it needed before: folding for less is not worth the detour */
#define PAGE_RATIO 1.4142
#define MOST_COLUMNS 24
#define MOST_CROSSING 4 /* paths across one cut */
#define LEAST_GAP 6.0   /* between two rows, to be cut there */
#define GUTTER 24.0     /* between two columns, and LANE more for each path in it */
#define LANE 5.0
#define OVER 12.0 /* from the columns to the first path over or under them */
#define CURVE 6.0 /* of paths where they turn */
#define KAPPA 0.5523
#define TURNS 9 /* parts of a path from one column to another */

typedef struct gap {
    double y;
    size_t crossing;
} gap;

typedef struct lane {
    double from, to; /* x */
    size_t number;
} lane;

typedef struct fold {
    leat_lay_graph *g;
    leat_arena *arena;
    gap *gaps; /* from below upwards */
    size_t n_gaps;
    double cuts[MOST_COLUMNS + 1]; /* from the height down to 0: column i lies between cuts i and i + 1 */
    size_t n;                      /* columns */
    double left[MOST_COLUMNS], right[MOST_COLUMNS], x[MOST_COLUMNS]; /* before; where its left end goes */
    size_t into[MOST_COLUMNS];                                       /* paths that come down before it */
    double body, top; /* height of the columns; of what is above them */
    uint8_t *column;  /* by box */
    lane *lanes;
    size_t n_lanes, deepest;
} fold;

/* ---- where to cut ---- */

static int upwards(const void *a, const void *b)
{
    const leat_lay_box *p = *(leat_lay_box *const *)a, *q = *(leat_lay_box *const *)b;
    double x = p->y + p->h, y = q->y + q->h;
    return (x < y) - (x > y);
}

static leat_status find_gaps(fold *f)
{
    const leat_lay_graph *g = f->g;
    const leat_lay_box **order = leat_alloc_zero(g->n_boxes, sizeof *order);
    f->gaps = leat_alloc_zero(g->n_boxes, sizeof *f->gaps);
    if (!order || !f->gaps) {
        leat_free(order);
        return leat_fail_memory(g->n_boxes * sizeof *order);
    }
    for (size_t i = 0; i < g->n_boxes; i++)
        order[i] = &g->boxes[i];
    qsort(order, g->n_boxes, sizeof *order, upwards);
    double top = INFINITY;
    for (size_t i = 0; i < g->n_boxes; i++) {
        double bottom = order[i]->y + order[i]->h;
        if (i > 0 && bottom < top - LEAST_GAP)
            f->gaps[f->n_gaps++].y = (top + bottom) / 2;
        top = LEAT_MIN(top, order[i]->y);
    }
    leat_free(order);
    return LEAT_OK;
}

/* The number of gaps below y. */
static size_t gaps_below(const fold *f, double y)
{
    size_t lo = 0, hi = f->n_gaps;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (f->gaps[mid].y > y)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static leat_status count_crossings(fold *f)
{
    const leat_lay_graph *g = f->g;
    int64_t *change = leat_alloc_zero(f->n_gaps + 1, sizeof *change), now = 0;
    if (!change)
        return leat_fail_memory(f->n_gaps * sizeof *change);
    for (size_t i = 0; i < g->n_edges; i++) {
        const leat_lay_box *from = &g->boxes[g->edges[i].from], *to = &g->boxes[g->edges[i].to];
        change[gaps_below(f, from->y + from->h / 2)]++;
        change[gaps_below(f, to->y + to->h / 2)]--;
    }
    for (size_t i = 0; i < f->n_gaps; i++) {
        now += change[i];
        f->gaps[i].crossing = (size_t)LEAT_MAX(now, 0);
    }
    leat_free(change);
    return LEAT_OK;
}

/* Cuts for n columns, about equally high: where the fewest paths cross. False where there is none. */
static bool find_cuts(const fold *f, size_t n, double *cuts)
{
    double h = f->g->h, column = h / (double)n;
    cuts[0] = h;
    cuts[n] = 0;
    for (size_t i = 1; i < n; i++) {
        double wish = h - (double)i * column, best = INFINITY;
        for (size_t k = gaps_below(f, wish + column / 4); k < f->n_gaps && f->gaps[k].y > wish - column / 4;
             k++) {
            double cost = (double)f->gaps[k].crossing + 8 * fabs(f->gaps[k].y - wish) / column;
            if (f->gaps[k].crossing > MOST_CROSSING || cost >= best)
                continue;
            best = cost;
            cuts[i] = f->gaps[k].y;
        }
        if (best == INFINITY)
            return false;
    }
    return true;
}

/* The longer side of the page that so large a drawing needs. */
static double page_for(double w, double h)
{
    return LEAT_MAX(LEAT_MIN(w, h) * PAGE_RATIO, LEAT_MAX(w, h));
}

static bool choose_cuts(fold *f)
{
    double best = GAIN * page_for(f->g->w, f->g->h);
    for (size_t n = 2; n <= MOST_COLUMNS; n++) {
        double cuts[MOST_COLUMNS + 1], count = (double)n;
        double need = page_for(count * (f->g->w + GUTTER + LANE), f->g->h / count * 1.1 + 2 * OVER);
        if (need >= best || !find_cuts(f, n, cuts))
            continue;
        best = need;
        f->n = n;
        memcpy(f->cuts, cuts, sizeof cuts);
    }
    return f->n > 0;
}

/* ---- columns ---- */

static size_t column_at(const fold *f, double y)
{
    size_t i = 0;
    while (i + 1 < f->n && y < f->cuts[i + 1])
        i++;
    return i;
}

static void widen(fold *f, size_t column, double from, double to)
{
    f->left[column] = LEAT_MIN(f->left[column], from);
    f->right[column] = LEAT_MAX(f->right[column], to);
}

static bool crosses(const fold *f, const leat_lay_edge *e)
{
    return f->column[e->from] != f->column[e->to];
}

static leat_status find_columns(fold *f)
{
    leat_lay_graph *g = f->g;
    f->column = leat_alloc_zero(g->n_boxes, 1);
    f->lanes = leat_alloc_zero(g->n_edges, sizeof *f->lanes);
    if (!f->column || !f->lanes)
        return leat_fail_memory(g->n_boxes + g->n_edges * sizeof *f->lanes);
    for (size_t i = 0; i < f->n; i++) {
        f->left[i] = INFINITY;
        f->right[i] = -INFINITY;
        f->body = LEAT_MAX(f->body, f->cuts[i] - f->cuts[i + 1]);
    }
    for (size_t i = 0; i < g->n_boxes; i++) {
        const leat_lay_box *b = &g->boxes[i];
        f->column[i] = (uint8_t)column_at(f, b->y + b->h / 2);
        widen(f, f->column[i], b->x, b->x + b->w);
    }
    for (size_t i = 0; i < g->n_edges; i++) {
        const leat_lay_edge *e = &g->edges[i];
        size_t a = f->column[e->from], b = f->column[e->to];
        for (size_t k = 0; k < e->n_points; k++) {
            size_t at = column_at(f, e->points[k].y);
            if (at == a || at == b)
                widen(f, at, e->points[k].x, e->points[k].x);
        }
        if (crosses(f, e))
            f->into[b]++;
        else if (e->label_w > 0)
            widen(f, a, e->label.x - e->label_w / 2, e->label.x + e->label_w / 2);
    }
    double x = 0;
    for (size_t i = 0; i < f->n; i++) {
        x += i > 0 ? GUTTER + LANE * (double)f->into[i] : 0;
        f->x[i] = x;
        x += f->right[i] - f->left[i];
    }
    g->w = x;
    return LEAT_OK;
}

static leat_lay_point moved(const fold *f, size_t column, leat_lay_point p)
{
    return (leat_lay_point){p.x - f->left[column] + f->x[column], p.y + f->body - f->cuts[column]};
}

/* ---- paths from one column to another ---- */

/* Cuts one part of a path where it has height y; `low` gets the part before, `high` the one after. */
static void split(const leat_lay_point p[4], double y, leat_lay_point low[4], leat_lay_point high[4])
{
    double t0 = 0, t1 = 1;
    for (int pass = 0; pass < 40; pass++) {
        double t = (t0 + t1) / 2;
        leat_lay_point row[4];
        memcpy(row, p, sizeof row);
        low[0] = p[0];
        high[3] = p[3];
        for (int k = 1; k < 4; k++) {
            for (int i = 0; i < 4 - k; i++)
                row[i] = (leat_lay_point){row[i].x + t * (row[i + 1].x - row[i].x),
                                          row[i].y + t * (row[i + 1].y - row[i].y)};
            low[k] = row[0];
            high[3 - k] = row[3 - k];
        }
        *(low[3].y > y ? &t0 : &t1) = t;
    }
}

static void line_to(leat_lay_point *points, size_t *n, double x, double y)
{
    leat_lay_point at = points[*n - 1];
    for (int i = 1; i <= 3; i++)
        points[(*n)++] = (leat_lay_point){at.x + (x - at.x) * i / 3, at.y + (y - at.y) * i / 3};
}

/* A quarter of a circle that begins upright or level. */
static void turn_to(leat_lay_point *points, size_t *n, double x, double y, bool upright)
{
    leat_lay_point at = points[*n - 1];
    double dx = KAPPA * (x - at.x), dy = KAPPA * (y - at.y);
    points[(*n)++] = (leat_lay_point){at.x + (upright ? 0 : dx), at.y + (upright ? dy : 0)};
    points[(*n)++] = (leat_lay_point){x - (upright ? dx : 0), y - (upright ? 0 : dy)};
    points[(*n)++] = (leat_lay_point){x, y};
}

/* The lowest lane over the columns that is free between two places. */
static size_t take_lane(fold *f, double from, double to)
{
    size_t number = 0;
    for (size_t i = 0; i < f->n_lanes; i++)
        if (f->lanes[i].number == number && f->lanes[i].from < to + LANE && from < f->lanes[i].to + LANE) {
            number++;
            i = SIZE_MAX; /* from the start */
        }
    f->lanes[f->n_lanes++] = (lane){from, to, number};
    return number;
}

/* Up from where the path leaves its column, over, down the gutter, and up to where it enters the other. */
static void connect(fold *f, leat_lay_edge *e, leat_lay_point *points, size_t *n, size_t b, leat_lay_point in)
{
    double from = points[*n - 1].x, nth = (double)--f->into[b];
    double down = f->x[b] - GUTTER / 2 - LANE * nth, over, under = f->body + OVER + LANE * nth;
    size_t number = take_lane(f, from, down);
    f->deepest = LEAT_MAX(f->deepest, number + 1);
    over = -OVER - LANE * (double)number;
    line_to(points, n, from, over + CURVE);
    turn_to(points, n, from + CURVE, over, true);
    line_to(points, n, down - CURVE, over);
    turn_to(points, n, down, over + CURVE, false);
    line_to(points, n, down, under - CURVE);
    turn_to(points, n, down + CURVE, under, true);
    line_to(points, n, in.x - CURVE, under);
    turn_to(points, n, in.x, under - CURVE, false);
    line_to(points, n, in.x, in.y);
    e->label = (leat_lay_point){(from + down) / 2, over - e->label_h / 2 - 2};
}

static leat_status redirect(fold *f, leat_lay_edge *e)
{
    size_t a = f->column[e->from], b = f->column[e->to], n = 0, part = 0;
    leat_lay_point *points = leat_arena_alloc(f->arena, (e->n_points + 3 * TURNS + 3) * sizeof *points);
    leat_lay_point low[4], high[4];
    if (!points)
        return leat_fail_memory(e->n_points * sizeof *points);
    while (part + 6 < e->n_points && e->points[part + 3].y > f->cuts[a + 1])
        part += 3;
    split(e->points + part, f->cuts[a + 1], low, high);
    for (size_t k = 0; k < part; k++)
        points[n++] = moved(f, a, e->points[k]);
    for (int k = 0; k < 4; k++)
        points[n++] = moved(f, a, low[k]);
    while (part + 6 < e->n_points && e->points[part + 3].y > f->cuts[b])
        part += 3;
    split(e->points + part, f->cuts[b], low, high);
    connect(f, e, points, &n, b, moved(f, b, high[0]));
    for (int k = 1; k < 4; k++)
        points[n++] = moved(f, b, high[k]);
    for (size_t k = part + 4; k < e->n_points; k++)
        points[n++] = moved(f, b, e->points[k]);
    leat_layout_round(points, n, CURVE);
    e->points = points;
    e->n_points = n;
    e->folded = true;
    return LEAT_OK;
}

static leat_status apply(fold *f)
{
    leat_lay_graph *g = f->g;
    double label_h = 0, foot = OVER;
    LEAT_TRY(find_columns(f));
    for (size_t i = 0; i < f->n; i++)
        foot = LEAT_MAX(foot, OVER + LANE * (double)f->into[i]);
    for (size_t i = 0; i < g->n_edges; i++) {
        leat_lay_edge *e = &g->edges[i];
        size_t column = f->column[e->from];
        if (crosses(f, e)) {
            label_h = LEAT_MAX(label_h, e->label_h);
            LEAT_TRY(redirect(f, e));
            continue;
        }
        for (size_t k = 0; k < e->n_points; k++)
            e->points[k] = moved(f, column, e->points[k]);
        e->label = moved(f, column, e->label);
    }
    double top = OVER + LANE * (double)f->deepest + label_h + 2;
    for (size_t i = 0; i < g->n_boxes; i++) {
        leat_lay_point at = moved(f, f->column[i], (leat_lay_point){g->boxes[i].x, g->boxes[i].y});
        g->boxes[i].x = at.x;
        g->boxes[i].y = at.y + top;
    }
    for (size_t i = 0; i < g->n_edges; i++) {
        for (size_t k = 0; k < g->edges[i].n_points; k++)
            g->edges[i].points[k].y += top;
        g->edges[i].label.y += top;
    }
    g->h = top + f->body + foot;
    return LEAT_OK;
}

leat_status leat_layout_fold(leat_lay_graph *g, leat_arena *arena)
{
    fold f = {.g = g, .arena = arena};
    if (g->h < TALL || g->n_boxes < 4)
        return LEAT_OK;
    for (size_t i = 0; i < g->n_boxes; i++)
        if (g->boxes[i].rank != LEAT_LAY_ANY) /* its paths meet the borders of a scope */
            return LEAT_OK;
    leat_status st = find_gaps(&f);
    if (st == LEAT_OK)
        st = count_crossings(&f);
    if (st == LEAT_OK && choose_cuts(&f))
        st = apply(&f);
    leat_free(f.gaps);
    leat_free(f.column);
    leat_free(f.lanes);
    return st;
}
