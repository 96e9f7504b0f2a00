/* graph-layout.c - takes a scope apart into unconnected parts, lays out each, and packs them in rows. */
#include "config.h"
#include "viz/layout-private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint32_t find(uint32_t *head, uint32_t i)
{
    while (head[i] != i) {
        head[i] = head[head[i]];
        i = head[i];
    }
    return i;
}

static void unite(uint32_t *head, uint32_t a, uint32_t b)
{
    a = find(head, a);
    b = find(head, b);
    head[LEAT_MAX(a, b)] = LEAT_MIN(a, b);
}

/* Numbers the connected parts in the order of their first boxes. What holds boxes at the border is one
 * part, or its paths would cross the others. */
static size_t find_parts(const leat_lay_graph *g, uint32_t *part)
{
    uint32_t border = UINT32_MAX;
    size_t n = 0;
    for (uint32_t i = 0; i < g->n_boxes; i++)
        part[i] = i;
    for (size_t i = 0; i < g->n_edges; i++)
        unite(part, g->edges[i].from, g->edges[i].to);
    for (uint32_t i = 0; i < g->n_boxes; i++) {
        if (g->boxes[i].rank == LEAT_LAY_ANY)
            continue;
        if (border != UINT32_MAX)
            unite(part, border, i);
        border = i;
    }
    for (uint32_t i = 0; i < g->n_boxes; i++)
        part[i] = find(part, i);
    for (uint32_t i = 0; i < g->n_boxes; i++) /* a head is the lowest of its part, so it is numbered first */
        part[i] = part[i] == i ? (uint32_t)n++ : part[part[i]];
    return n;
}

typedef struct piece {
    leat_lay_graph g;
    size_t first_box, first_edge; /* in the sorted arrays */
    double x, y;
} piece;

typedef struct work {
    leat_lay_graph *whole;
    uint32_t *part;   /* by box */
    uint32_t *local;  /* by box: number within its part */
    uint32_t *box_of; /* back: by place in the sorted boxes */
    uint32_t *edge_of;
    leat_lay_box *boxes;
    leat_lay_edge *edges;
    piece *pieces;
    size_t n;
} work;

static void fill_pieces(work *w)
{
    leat_lay_graph *g = w->whole;
    for (size_t i = 0; i < g->n_boxes; i++)
        w->pieces[w->part[i]].g.n_boxes++;
    for (size_t i = 0; i < g->n_edges; i++)
        w->pieces[w->part[g->edges[i].from]].g.n_edges++;
    size_t boxes = 0, edges = 0;
    for (size_t k = 0; k < w->n; k++) {
        piece *p = &w->pieces[k];
        p->first_box = boxes;
        p->first_edge = edges;
        boxes += p->g.n_boxes;
        edges += p->g.n_edges;
        p->g.n_boxes = p->g.n_edges = 0;
        p->g.boxes = w->boxes + p->first_box;
        p->g.edges = w->edges + p->first_edge;
        p->g.session = g->session;
        p->g.nodesep = g->nodesep;
        p->g.ranksep = g->ranksep;
    }
    for (size_t i = 0; i < g->n_boxes; i++) {
        piece *p = &w->pieces[w->part[i]];
        w->local[i] = (uint32_t)p->g.n_boxes;
        w->box_of[p->first_box + p->g.n_boxes] = (uint32_t)i;
        p->g.boxes[p->g.n_boxes++] = g->boxes[i];
    }
    for (size_t i = 0; i < g->n_edges; i++) {
        piece *p = &w->pieces[w->part[g->edges[i].from]];
        leat_lay_edge *e = &p->g.edges[p->g.n_edges];
        *e = g->edges[i];
        e->from = w->local[e->from];
        e->to = w->local[e->to];
        w->edge_of[p->first_edge + p->g.n_edges++] = (uint32_t)i;
    }
}

static leat_status lay_out_piece(leat_lay_graph *g, leat_arena *arena)
{
    if (g->n_boxes == 1 && g->n_edges == 0) {
        g->boxes[0].x = g->boxes[0].y = 0;
        g->w = g->boxes[0].w;
        g->h = g->boxes[0].h;
        return LEAT_OK;
    }
    leat_status st = leat_layout_ordered(g, arena);
    if (st == LEAT_ERR_UNIMPLEMENTED)
        st = leat_layout_layers(g, arena);
    return st == LEAT_OK ? leat_layout_fold(g, arena) : st;
}

/* ---- packing ---- */

/* Where the upper (here: first) free line runs: from x on it is y, up to the next step. */
typedef struct step {
    double x, y;
} step;

typedef struct tall {
    double h;
    size_t piece;
} tall;

static int by_height(const void *a, const void *b)
{
    const tall *p = a, *q = b;
    if (p->h != q->h)
        return p->h > q->h ? -1 : 1;
    return p->piece < q->piece ? -1 : p->piece > q->piece;
}

/* Sets parts in rows no wider than `limit`; for many parts. */
static void pack_rows(work *w, const tall *order, double limit)
{
    double x = 0, y = 0, row = 0;
    for (size_t i = 0; i < w->n; i++) {
        piece *p = &w->pieces[order[i].piece];
        if (x > 0 && x + p->g.w > limit) {
            x = 0;
            y += row;
            row = 0;
        }
        p->x = x;
        p->y = y;
        x += p->g.w;
        row = LEAT_MAX(row, p->g.h);
    }
}

/* The lowest place of a part of that width along the line; returns the step it begins at. */
static size_t find_place(const step *line, size_t n, double width, double limit, double *y)
{
    size_t best = 0;
    *y = INFINITY;
    for (size_t i = 0; i < n; i++) {
        double top = line[i].y;
        if (i > 0 && line[i].x + width > limit)
            break;
        for (size_t k = i + 1; k < n && line[k].x < line[i].x + width; k++)
            top = LEAT_MAX(top, line[k].y);
        if (top < *y) {
            *y = top;
            best = i;
        }
    }
    return best;
}

/* Raises the line to y between line[i].x and x1; returns the new number of steps. */
static size_t raise_line(step *line, size_t n, size_t i, double x1, double y)
{
    size_t k = i;
    double rest = line[i].y;
    while (k < n && line[k].x < x1)
        rest = line[k++].y;
    step after = {x1, rest};
    bool ends_on_step = k < n && line[k].x == x1;
    size_t insert = ends_on_step ? 1 : 2; /* steps that replace i .. k - 1 */
    memmove(line + i + insert, line + k, (n - k) * sizeof *line);
    line[i].y = y;
    if (!ends_on_step)
        line[i + 1] = after;
    return n - (k - i) + insert;
}

/* Each part, the tallest first, where it comes to lie lowest within `limit`. */
static void pack_line(work *w, const tall *order, double limit, step *line)
{
    size_t n = 1;
    line[0] = (step){0, 0};
    for (size_t i = 0; i < w->n; i++) {
        piece *p = &w->pieces[order[i].piece];
        double y;
        size_t at = find_place(line, n, p->g.w, limit, &y);
        p->x = line[at].x;
        p->y = y;
        n = raise_line(line, n, at, p->x + p->g.w, y + p->g.h);
    }
}

/* Packs and returns how large the whole is, by the wished aspect. */
static double pack_within(work *w, const tall *order, double limit, step *line)
{
    leat_lay_graph *g = w->whole;
    if (line)
        pack_line(w, order, limit, line);
    else
        pack_rows(w, order, limit);
    g->w = g->h = 0;
    for (size_t i = 0; i < w->n; i++) {
        g->w = LEAT_MAX(g->w, w->pieces[i].x + w->pieces[i].g.w);
        g->h = LEAT_MAX(g->h, w->pieces[i].y + w->pieces[i].g.h);
    }
    return LEAT_MAX(g->w / g->aspect, g->h);
}

/* The width that makes the whole smallest. */
static double best_limit(work *w, const tall *order, step *line, double *size)
{
    enum { TRIES = 16 };
    double widest = 0, total = 0, best = 0;
    *size = INFINITY;
    for (size_t i = 0; i < w->n; i++) {
        widest = LEAT_MAX(widest, w->pieces[i].g.w);
        total += w->pieces[i].g.w;
    }
    for (int i = 0; i <= TRIES; i++) {
        double part = (double)i / TRIES, limit = widest + (total - widest) * part * part;
        double got = pack_within(w, order, limit, line);
        if (got < *size - 1e-9) {
            *size = got;
            best = limit;
        }
    }
    return best;
}

/* Rows look tidier; parts of very different heights leave too much room empty in them. */
static void pack(work *w, const tall *order, step *line)
{
    double rows, closer = INFINITY, limit = best_limit(w, order, NULL, &rows), line_limit = 0;
    if (line)
        line_limit = best_limit(w, order, line, &closer);
    if (closer < 0.8 * rows)
        pack_within(w, order, line_limit, line);
    else
        pack_within(w, order, limit, NULL);
}

static leat_status pack_pieces(work *w)
{
    double gap_x = 2 * w->whole->nodesep, gap_y = 0.4 * w->whole->ranksep;
    tall *order = leat_alloc_zero(w->n, sizeof *order);
    step *line = w->n <= 400 ? leat_alloc_zero(2 * w->n + 2, sizeof *line) : NULL;
    if (!order || (w->n <= 400 && !line)) {
        leat_free(order);
        leat_free(line);
        return leat_fail_memory(w->n * sizeof *order);
    }
    for (size_t i = 0; i < w->n; i++) {
        w->pieces[i].g.w += gap_x;
        w->pieces[i].g.h += gap_y;
        order[i] = (tall){w->pieces[i].g.h, i};
    }
    qsort(order, w->n, sizeof *order, by_height);
    pack(w, order, line);
    for (size_t i = 0; i < w->n; i++) { /* rows were filled downwards; graphs stand on the ground */
        w->pieces[i].y = w->whole->h - w->pieces[i].y - w->pieces[i].g.h;
        w->pieces[i].g.w -= gap_x;
        w->pieces[i].g.h -= gap_y;
    }
    w->whole->w -= gap_x;
    w->whole->h -= gap_y;
    leat_free(order);
    leat_free(line);
    return LEAT_OK;
}

/* The part at the border keeps the whole height, at the left; the others are packed beside it. */
static size_t border_part(const leat_lay_graph *g, const uint32_t *part)
{
    for (size_t i = 0; i < g->n_boxes; i++)
        if (g->boxes[i].rank != LEAT_LAY_ANY)
            return part[i];
    return SIZE_MAX;
}

static leat_status arrange(work *w, size_t border)
{
    leat_lay_graph *g = w->whole;
    if (border == SIZE_MAX)
        return pack_pieces(w);
    piece main = w->pieces[border];
    w->pieces[border] = w->pieces[w->n - 1];
    w->n--;
    g->w = g->h = 0;
    leat_status st = w->n > 0 ? pack_pieces(w) : LEAT_OK;
    w->n++;
    w->pieces[w->n - 1] = w->pieces[border];
    w->pieces[border] = main;
    for (size_t i = 0; i < w->n; i++)
        if (i != border)
            w->pieces[i].x += main.g.w + 4 * g->nodesep;
    w->pieces[border].y = 0; /* its paths meet both borders: it decides the height */
    g->w = w->n > 1 ? main.g.w + 4 * g->nodesep + g->w : main.g.w;
    g->h = LEAT_MAX(g->h, main.g.h);
    return st;
}

/* A border box of a part that is lower than the whole is moved to the border, and its paths made longer. */
static void stretch(const work *w, size_t border)
{
    const piece *p = &w->pieces[border];
    double missing = w->whole->h - p->g.h;
    for (size_t i = 0; i < p->g.n_boxes; i++)
        p->g.boxes[i].y += p->g.boxes[i].rank == LEAT_LAY_TOP      ? 0
                           : p->g.boxes[i].rank == LEAT_LAY_BOTTOM ? missing
                                                                   : missing / 2;
    for (size_t i = 0; i < p->g.n_edges; i++) {
        leat_lay_edge *e = &p->g.edges[i];
        bool from = p->g.boxes[e->from].rank == LEAT_LAY_BOTTOM, to = p->g.boxes[e->to].rank == LEAT_LAY_TOP;
        for (size_t k = 0; k < e->n_points; k++)
            e->points[k].y += missing / 2;
        e->label.y += missing / 2;
        if (from)
            e->points[0].y += missing / 2;
        if (to)
            e->points[e->n_points - 1].y -= missing / 2;
    }
}

static void give_back(const work *w)
{
    leat_lay_graph *g = w->whole;
    for (size_t i = 0; i < w->n; i++) {
        const piece *p = &w->pieces[i];
        for (size_t k = 0; k < p->g.n_boxes; k++) {
            leat_lay_box *box = &g->boxes[w->box_of[p->first_box + k]];
            box->x = p->g.boxes[k].x + p->x;
            box->y = p->g.boxes[k].y + p->y;
        }
        for (size_t k = 0; k < p->g.n_edges; k++) {
            leat_lay_edge *e = &g->edges[w->edge_of[p->first_edge + k]], *done = &p->g.edges[k];
            for (size_t n = 0; n < done->n_points; n++) {
                done->points[n].x += p->x;
                done->points[n].y += p->y;
            }
            e->points = done->points;
            e->n_points = done->n_points;
            e->folded = done->folded;
            e->label_w = done->label_w;
            e->label = (leat_lay_point){done->label.x + p->x, done->label.y + p->y};
        }
    }
}

static leat_status lay_out(work *w, leat_arena *arena)
{
    size_t border = border_part(w->whole, w->part);
    fill_pieces(w);
    for (size_t i = 0; i < w->n; i++)
        LEAT_TRY(lay_out_piece(&w->pieces[i].g, arena));
    LEAT_TRY(arrange(w, border));
    if (border != SIZE_MAX)
        stretch(w, border);
    give_back(w);
    return LEAT_OK;
}

leat_status leat_layout(leat_lay_graph *g, leat_arena *arena)
{
    work w = {.whole = g};
    g->w = g->h = 0;
    if (g->n_boxes == 0)
        return LEAT_OK;
    w.part = leat_alloc_zero(g->n_boxes, sizeof *w.part);
    w.local = leat_alloc_zero(g->n_boxes, sizeof *w.local);
    w.box_of = leat_alloc_zero(g->n_boxes, sizeof *w.box_of);
    w.edge_of = leat_alloc_zero(g->n_edges, sizeof *w.edge_of);
    w.boxes = leat_alloc_zero(g->n_boxes, sizeof *w.boxes);
    w.edges = leat_alloc_zero(g->n_edges, sizeof *w.edges);
    bool have = w.part && w.local && w.box_of && w.edge_of && w.boxes && w.edges;
    w.n = have ? find_parts(g, w.part) : 0;
    w.pieces = leat_alloc_zero(w.n, sizeof *w.pieces);
    leat_status st = have && w.pieces ? lay_out(&w, arena) : leat_fail_memory(g->n_boxes * sizeof *w.boxes);
    leat_free(w.part);
    leat_free(w.local);
    leat_free(w.box_of);
    leat_free(w.edge_of);
    leat_free(w.boxes);
    leat_free(w.edges);
    leat_free(w.pieces);
    return st;
}
