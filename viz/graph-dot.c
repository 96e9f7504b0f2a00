/* graph-dot.c - one connected part laid out by graphviz's dot.
 *
 * graphviz keeps global state and is not thread-safe: everything here runs under one lock. Its y axis
 * points up and dot ranks downwards, so that taking its y as one that points down gives a drawing from
 * bottom to top. Boxes are HTML tables of fixed size, since their cells are ports at exact places; they
 * hold no text, so that no font is ever looked at. */
#include "config.h"
#include "viz/layout-private.h"

#include <graphviz/gvc.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_BOXES 1200 /* more, or more places where edges pass layers: minutes */
#define MAX_PASSES 4000
#define MAX_SIDE 32000.0 /* of a box: graphviz counts in 16 bits at places */
#define PORT 2.0         /* width of a port's cell */

static pthread_mutex_t graphviz = PTHREAD_MUTEX_INITIALIZER;

/* ---- ports ---- */

/* A distinct place where edges meet a box. */
typedef struct door {
    uint32_t box;
    double x;
} door;

static int by_box_and_x(const void *a, const void *b)
{
    const door *p = a, *q = b;
    if (p->box != q->box)
        return p->box < q->box ? -1 : 1;
    return p->x < q->x ? -1 : p->x > q->x;
}

/* Cells need whole widths: a port stands at `left`, at least PORT after the one before. */
static double cell_left(const leat_lay_box *box, double x, double after)
{
    double left = LEAT_MIN(LEAT_MAX(round(x - PORT / 2), after), floor(box->w) - PORT);
    return LEAT_MAX(left, 0);
}

/* The number of the port nearest to x among the n of a box. */
static size_t door_number(const door *ports, size_t n, double x)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (fabs(ports[i].x - x) < fabs(ports[best].x - x))
            best = i;
    return best;
}

static void put_cell(leat_buf *out, double w, double h, long number)
{
    if (w < 1)
        return;
    if (number >= 0)
        leat_buf_printf(out, "<TD PORT=\"p%ld\" ", number);
    else
        leat_buf_puts(out, "<TD ");
    leat_buf_printf(out, "FIXEDSIZE=\"TRUE\" WIDTH=\"%.0f\" HEIGHT=\"%.0f\"></TD>", w, h);
}

static void put_table(leat_buf *out, double w, double h)
{
    leat_buf_printf(
        out,
        "<TABLE BORDER=\"0\" CELLBORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"0\" FIXEDSIZE=\"TRUE\" "
        "WIDTH=\"%.0f\" HEIGHT=\"%.0f\"><TR>",
        w, h);
}

static void put_box(leat_buf *out, const leat_lay_box *box, const door *ports, size_t n)
{
    double w = LEAT_MAX(ceil(box->w), PORT), h = LEAT_MAX(ceil(box->h), 1), at = 0;
    put_table(out, w, h);
    for (size_t i = 0; i < n; i++) {
        double left = cell_left(box, ports[i].x, at);
        if (left < at) /* no room: it shares the cell before */
            continue;
        put_cell(out, left - at, h, -1);
        put_cell(out, PORT, h, (long)i);
        at = left + PORT;
    }
    put_cell(out, w - at, h, -1);
    if (n == 0 && w < 1)
        leat_buf_puts(out, "<TD></TD>");
    leat_buf_puts(out, "</TR></TABLE>");
}

/* ---- the graph ---- */

typedef struct dot {
    leat_lay_graph *g;
    GVC_t *gvc;
    Agraph_t *graph;
    Agnode_t **nodes;
    Agedge_t **edges;
    door *ports;
    size_t n_ports;
    size_t *first_port; /* by box, n_boxes + 1 */
    leat_buf text;
} dot;

static leat_status find_ports(dot *d)
{
    const leat_lay_graph *g = d->g;
    d->ports = leat_alloc_zero(2 * g->n_edges, sizeof *d->ports);
    d->first_port = leat_alloc_zero(g->n_boxes + 1, sizeof *d->first_port);
    if (!d->ports || !d->first_port)
        return leat_fail_memory(2 * g->n_edges * sizeof *d->ports);
    for (size_t i = 0; i < g->n_edges; i++) {
        d->ports[2 * i] = (door){g->edges[i].from, g->edges[i].from_x};
        d->ports[2 * i + 1] = (door){g->edges[i].to, g->edges[i].to_x};
    }
    qsort(d->ports, 2 * g->n_edges, sizeof *d->ports, by_box_and_x);
    size_t kept = 0;
    for (size_t i = 0; i < 2 * g->n_edges; i++)
        if (kept == 0 || d->ports[kept - 1].box != d->ports[i].box ||
            d->ports[i].x - d->ports[kept - 1].x > PORT)
            d->ports[kept++] = d->ports[i];
    d->n_ports = kept;
    for (size_t i = 0; i < kept; i++)
        d->first_port[d->ports[i].box + 1]++;
    for (size_t i = 0; i < g->n_boxes; i++)
        d->first_port[i + 1] += d->first_port[i];
    return LEAT_OK;
}

static void set_html(dot *d, void *object, char *key)
{
    char *html = agstrdup_html(d->graph, d->text.data);
    if (html) {
        agset(object, key, html);
        agstrfree(d->graph, html);
    }
}

static leat_status make_nodes(dot *d)
{
    Agraph_t *bottom = agsubg(d->graph, (char *)"bottom", 1), *top = agsubg(d->graph, (char *)"top", 1);
    char name[32];
    for (size_t i = 0; i < d->g->n_boxes; i++) {
        snprintf(name, sizeof name, "n%zu", i);
        d->nodes[i] = agnode(d->graph, name, 1);
        leat_buf_clear(&d->text);
        put_box(&d->text, &d->g->boxes[i], d->ports + d->first_port[i],
                d->first_port[i + 1] - d->first_port[i]);
        LEAT_TRY(leat_buf_status(&d->text));
        if (!d->nodes[i])
            return leat_fail_memory(0);
        set_html(d, d->nodes[i], (char *)"label");
        if (d->g->boxes[i].rank == LEAT_LAY_BOTTOM && bottom)
            agsubnode(bottom, d->nodes[i], 1);
        if (d->g->boxes[i].rank == LEAT_LAY_TOP && top)
            agsubnode(top, d->nodes[i], 1);
    }
    agsafeset(bottom, (char *)"rank", (char *)"source", (char *)"");
    agsafeset(top, (char *)"rank", (char *)"sink", (char *)"");
    return LEAT_OK;
}

static leat_status make_edges(dot *d)
{
    char name[32];
    for (size_t i = 0; i < d->g->n_edges; i++) {
        const leat_lay_edge *e = &d->g->edges[i];
        const size_t *first = d->first_port;
        size_t from = door_number(d->ports + first[e->from], first[e->from + 1] - first[e->from], e->from_x);
        size_t to = door_number(d->ports + first[e->to], first[e->to + 1] - first[e->to], e->to_x);
        snprintf(name, sizeof name, "e%zu", i);
        d->edges[i] = agedge(d->graph, d->nodes[e->from], d->nodes[e->to], name, 1);
        if (!d->edges[i])
            return leat_fail_memory(0);
        snprintf(name, sizeof name, "p%zu:s", from);
        agset(d->edges[i], (char *)"tailport", name);
        snprintf(name, sizeof name, "p%zu:n", to);
        agset(d->edges[i], (char *)"headport", name);
        if (e->label_w <= 0)
            continue;
        leat_buf_clear(&d->text);
        put_table(&d->text, ceil(e->label_w), ceil(e->label_h));
        put_cell(&d->text, ceil(e->label_w), ceil(e->label_h), -1);
        leat_buf_puts(&d->text, "</TR></TABLE>");
        LEAT_TRY(leat_buf_status(&d->text));
        set_html(d, d->edges[i], (char *)"label");
    }
    return LEAT_OK;
}

static leat_status put_unseen(dot *d, size_t from, size_t to, const char *weight)
{
    Agedge_t *edge = agedge(d->graph, d->nodes[from], d->nodes[to], NULL, 1);
    if (!edge)
        return leat_fail_memory(0);
    agset(edge, (char *)"style", (char *)"invis");
    agset(edge, (char *)"weight", (char *)weight);
    return LEAT_OK;
}

/* Unseen edges, which say no more than which layer is the higher one. */
static leat_status keep_inside(dot *d)
{
    const leat_lay_graph *g = d->g;
    for (size_t port = 0; port < g->n_boxes; port++)
        for (size_t i = 0; g->boxes[port].rank != LEAT_LAY_ANY && i < g->n_boxes; i++) {
            if (g->boxes[port].rank == LEAT_LAY_BOTTOM && g->boxes[i].over_bottom)
                LEAT_TRY(put_unseen(d, port, i, "0"));
            if (g->boxes[port].rank == LEAT_LAY_TOP && g->boxes[i].under_top)
                LEAT_TRY(put_unseen(d, i, port, "0"));
        }
    return LEAT_OK;
}

/* A box that must stand to the right of another: both in one layer, with an unseen edge in it. dot heeds such edges only
 * where they have a weight. */
static leat_status keep_order(dot *d)
{
    char name[32];
    for (size_t i = 0; i < d->g->n_boxes; i++) {
        if (d->g->boxes[i].after == 0)
            continue;
        size_t left = d->g->boxes[i].after - 1;
        snprintf(name, sizeof name, "row%zu", i);
        Agraph_t *row = agsubg(d->graph, name, 1);
        if (!row || !agsubnode(row, d->nodes[left], 1) || !agsubnode(row, d->nodes[i], 1))
            return leat_fail_memory(0);
        agsafeset(row, (char *)"rank", (char *)"same", (char *)"");
        LEAT_TRY(put_unseen(d, left, i, "1"));
    }
    return LEAT_OK;
}

static leat_status make_graph(dot *d)
{
    char number[64];
    d->graph = agopen((char *)"g", Agdirected, NULL);
    if (!d->graph)
        return leat_fail_memory(0);
    snprintf(number, sizeof number, "%.4f", d->g->nodesep / 72);
    agattr(d->graph, AGRAPH, (char *)"nodesep", number);
    snprintf(number, sizeof number, "%.4f", d->g->ranksep / 72);
    agattr(d->graph, AGRAPH, (char *)"ranksep", number);
    /* The older ranking numbers its passes in a char that wraps, and then takes ranks "source" and "sink" for
     * done: after some hundred layouts in one process it uses what it freed. The newer one does not. */
    agattr(d->graph, AGRAPH, (char *)"newrank", (char *)"true");
    agattr(d->graph, AGRAPH, (char *)"rank", (char *)"");
    agattr(d->graph, AGRAPH, (char *)"nslimit", (char *)"20");
    agattr(d->graph, AGRAPH, (char *)"nslimit1", (char *)"20");
    agattr(d->graph, AGNODE, (char *)"shape", (char *)"plain");
    agattr(d->graph, AGNODE, (char *)"label", (char *)"");
    agattr(d->graph, AGEDGE, (char *)"arrowhead", (char *)"none");
    agattr(d->graph, AGEDGE, (char *)"label", (char *)"");
    agattr(d->graph, AGEDGE, (char *)"tailport", (char *)"");
    agattr(d->graph, AGEDGE, (char *)"headport", (char *)"");
    agattr(d->graph, AGEDGE, (char *)"style", (char *)"");
    agattr(d->graph, AGEDGE, (char *)"weight", (char *)"1");
    LEAT_TRY(make_nodes(d));
    LEAT_TRY(make_edges(d));
    LEAT_TRY(keep_inside(d));
    return keep_order(d);
}

/* ---- results ---- */

static leat_status take_path(const dot *d, leat_lay_edge *e, Agedge_t *edge, leat_arena *arena, boxf bb)
{
    const splines *path = ED_spl(edge);
    const leat_lay_box *from = &d->g->boxes[e->from], *to = &d->g->boxes[e->to];
    size_t n = path && path->size > 0 ? (size_t)path->list[0].size : 0;
    if (n < 4 || n % 3 != 1)
        n = 4, path = NULL;
    e->points = leat_arena_alloc(arena, n * sizeof *e->points);
    if (!e->points)
        return leat_fail_memory(n * sizeof *e->points);
    e->n_points = n;
    leat_lay_point start = {from->x + e->from_x, from->y}, end = {to->x + e->to_x, to->y + to->h};
    for (size_t i = 0; path && i < n; i++)
        e->points[i] = (leat_lay_point){path->list[0].list[i].x - bb.LL.x, path->list[0].list[i].y - bb.LL.y};
    if (!path) { /* dot lost it: a plain curve */
        double bend = (start.y - end.y) / 2;
        e->points[1] = (leat_lay_point){start.x, start.y - bend};
        e->points[2] = (leat_lay_point){end.x, end.y + bend};
    } else { /* cells have whole widths: move the ends by what was lost */
        e->points[1].x += start.x - e->points[0].x;
        e->points[n - 2].x += end.x - e->points[n - 1].x;
    }
    e->points[0] = start;
    e->points[n - 1] = end;
    return LEAT_OK;
}

static leat_status take_results(dot *d, leat_arena *arena)
{
    boxf bb = GD_bb(d->graph);
    leat_lay_graph *g = d->g;
    for (size_t i = 0; i < g->n_boxes; i++) {
        pointf at = ND_coord(d->nodes[i]);
        g->boxes[i].x = at.x - bb.LL.x - g->boxes[i].w / 2;
        g->boxes[i].y = at.y - bb.LL.y - g->boxes[i].h / 2;
        if (!isfinite(at.x) || !isfinite(at.y))
            return LEAT_ERR_UNIMPLEMENTED;
    }
    for (size_t i = 0; i < g->n_edges; i++) {
        LEAT_TRY(take_path(d, &g->edges[i], d->edges[i], arena, bb));
        textlabel_t *label = ED_label(d->edges[i]);
        if (label && label->set)
            g->edges[i].label = (leat_lay_point){label->pos.x - bb.LL.x, label->pos.y - bb.LL.y};
        else
            g->edges[i].label_w = 0;
    }
    g->w = bb.UR.x - bb.LL.x;
    g->h = bb.UR.y - bb.LL.y;
    return LEAT_OK;
}

/* ---- the whole ---- */

static int drop_message(char *text)
{
    (void)text;
    return 0;
}

static leat_status run(dot *d, leat_arena *arena)
{
    if (!d->g->session->graphviz)
        d->g->session->graphviz = gvContext();
    d->gvc = d->g->session->graphviz;
    if (!d->gvc)
        return leat_fail_memory(0);
    d->nodes = leat_alloc_zero(d->g->n_boxes, sizeof(Agnode_t *));
    d->edges = leat_alloc_zero(d->g->n_edges, sizeof(Agedge_t *));
    if (!d->nodes || !d->edges)
        return leat_fail_memory(d->g->n_edges * sizeof(Agedge_t *));
    LEAT_TRY(find_ports(d));
    LEAT_TRY(make_graph(d));
    if (gvLayout(d->gvc, d->graph, "dot") != 0)
        return LEAT_ERR_UNIMPLEMENTED;
    leat_status st = take_results(d, arena);
    if (st == LEAT_OK)
        st = leat_layout_smooth(d->g);
    gvFreeLayout(d->gvc, d->graph);
    return st;
}

/* Is it of a size that dot lays out in a moment? */
static bool suits(const leat_lay_graph *g)
{
    if (g->n_boxes > MAX_BOXES || g->n_edges > MAX_PASSES)
        return false;
    for (size_t i = 0; i < g->n_boxes; i++)
        if (!(g->boxes[i].w < MAX_SIDE) || !(g->boxes[i].h < MAX_SIDE))
            return false;
    uint32_t *ranks = leat_alloc_zero(g->n_boxes, sizeof *ranks);
    size_t passes = ranks && leat_layout_ranks(g, ranks) > 0 ? 0 : MAX_PASSES;
    for (size_t i = 0; ranks && i < g->n_edges; i++)
        passes += ranks[g->edges[i].to] - ranks[g->edges[i].from];
    leat_free(ranks);
    return passes < MAX_PASSES;
}

leat_status leat_layout_dot(leat_lay_graph *g, leat_arena *arena)
{
    if (!suits(g))
        return LEAT_ERR_UNIMPLEMENTED;
    pthread_mutex_lock(&graphviz);
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0), before = uselocale(plain);
    agusererrf old = agseterrf(drop_message);
    dot d = {.g = g};
    leat_status st = run(&d, arena);
    if (d.graph)
        agclose(d.graph);
    agseterrf(old);
    uselocale(before);
    if (plain)
        freelocale(plain);
    pthread_mutex_unlock(&graphviz);
    leat_free(d.nodes);
    leat_free(d.edges);
    leat_free(d.ports);
    leat_free(d.first_port);
    leat_buf_free(&d.text);
    return st;
}

void leat_lay_session_end(leat_lay_session *s)
{
    if (!s->graphviz)
        return;
    pthread_mutex_lock(&graphviz);
    gvFreeContext(s->graphviz);
    pthread_mutex_unlock(&graphviz);
    s->graphviz = NULL;
}
