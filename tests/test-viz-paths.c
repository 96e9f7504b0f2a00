/* Paths of graph diagrams and their labels: what makes a drawing look made by hand. */
#include "check.h"
#include "base/fault-private.h"
#include "tests/viz-graph/clear.h"
#include "tests/viz-graph/graphs.h"
#include "viz/scene-private.h"
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct placed {
    leat_gmodel m;
    leat_scene s;
    leat_lay_session session;
    leat_canvas *canvas;
} placed;

/* The graph with its root and the scope `open`, unless "", drawn open. */
static void place_graph(placed *p, const leat_buf *g, const char *open)
{
    *p = (placed){0};
    REQUIRE_OK(leat_canvas_new(&p->canvas, &leat_canvas_trace,
                               &(leat_canvas_options){.metrics = LEAT_METRICS_FIXED}));
    REQUIRE_OK(leat_gmodel_read(&p->m, g->data, g->size, NULL));
    leat_schoice choice = {leat_alloc_zero(p->m.n_nodes, 1), leat_alloc_zero(p->m.n_nodes, 1)};
    choice.open[p->m.root] = 1;
    if (open[0]) {
        uint32_t scope = leat_gmodel_find(&p->m, open);
        REQUIRE(scope != LEAT_G_NONE);
        choice.open[scope] = 1;
    }
    CHECK_OK(leat_scene_build(&p->s, &p->m, &choice));
    CHECK_OK(leat_scene_place(&p->s, p->canvas, &p->session));
    leat_free(choice.open);
    leat_free(choice.place);
}

static void placed_free(placed *p)
{
    leat_scene_free(&p->s);
    leat_lay_session_end(&p->session);
    leat_gmodel_free(&p->m);
    leat_canvas_free(p->canvas);
}

/* The cosine of the angle by which a path turns where its parts meet; 1: not at all. */
static double turn_at(const leat_point *at)
{
    double ix = at[0].x - at[-1].x, iy = at[0].y - at[-1].y, ox = at[1].x - at[0].x, oy = at[1].y - at[0].y;
    double i = hypot(ix, iy), o = hypot(ox, oy);
    return i < 1e-3 || o < 1e-3 ? 1 : (ix * ox + iy * oy) / (i * o);
}

static void check_paths(const leat_scene *s)
{
    size_t corners = 0, labels = 0;
    for (size_t i = 0; i < s->n_edges; i++) {
        const leat_sedge *e = &s->edges[i];
        if (e->cut || e->n_points < 4)
            continue;
        for (size_t k = 3; k + 3 < e->n_points; k += 3)
            corners += turn_at(e->points + k) < 0.94; /* 20 degrees */
        labels += e->label != NULL;
    }
    CHECK(corners == 0 && labels > 0);
}

LEAT_TEST(paths_are_smooth_and_labels_beside_them)
{
    leat_buf g = {0};
    placed p;
    graph_training(&g);
    place_graph(&p, &g, "loss");
    check_paths(&p.s);
    placed_free(&p);
    leat_buf_clear(&g);
    graph_relus(&g, 5);
    place_graph(&p, &g, "relu");
    check_paths(&p.s);
    placed_free(&p);
    leat_buf_free(&g);
}

/* What comes through the lower border enters below a tall box that nothing leads to, not across it. */
LEAT_TEST(paths_through_a_border_keep_off_what_is_inside)
{
    leat_buf g = {0};
    clear_scene c;
    graph_node(&g, "Placeholder", "x", "", "2,3");
    graph_node(&g, "RandomStandardNormal", "relu/random/normal", "", "3,1");
    graph_node(&g, "Mul", "relu/random/mul", "relu/random/normal", "3,1");
    graph_node(&g, "Add", "relu/random/add", "relu/random/mul", "3,1");
    graph_node(&g, "Neg", "relu/weights/neg", "relu/random/add", "3,1");
    graph_node(&g, "Exp", "relu/weights/exp", "relu/weights/neg", "3,1");
    graph_node(&g, "MatMul", "relu/MatMul", "x relu/weights/exp", "2,1");
    REQUIRE_OK(clear_place(&c, &g, 3, 0));
    CHECK(clear_paths_over_boxes(&c.s) == 0 && clear_paths_under_labels(&c.s) == 0);
    uint32_t scope = c.s.shown[leat_gmodel_find(&c.m, "relu/random")];
    uint32_t port = c.s.boxes[c.s.boxes[scope].scope].first_port;
    REQUIRE(port != LEAT_G_NONE && !c.s.boxes[port].top && c.s.boxes[port].place == LEAT_S_CORE);
    CHECK(c.s.boxes[port].y >= c.s.boxes[scope].y + c.s.boxes[scope].h);
    clear_free(&c);
    leat_buf_free(&g);
}

static double left_of(const placed *p, const char *label)
{
    for (uint32_t i = 0; i < p->s.n_nodes; i++)
        if (p->s.boxes[i].label && strcmp(p->s.boxes[i].label, label) == 0)
            return p->s.boxes[i].x;
    return NAN;
}

LEAT_TEST(rows_keep_the_order_of_the_graph)
{
    leat_buf g = {0};
    placed p;
    graph_relus(&g, 5);
    place_graph(&p, &g, "relu");
    CHECK(left_of(&p, "relu_1") < left_of(&p, "relu_2"));
    CHECK(left_of(&p, "relu_2") < left_of(&p, "relu_3"));
    CHECK(left_of(&p, "relu_3") < left_of(&p, "relu_4"));
    placed_free(&p);
    leat_buf_free(&g);
}

/* Four towers with their part of the batch, shared weights and an average of what they give. */
static void towers(leat_buf *g)
{
    char name[4][32], inputs[64];
    graph_node(g, "Placeholder", "x", "", NULL);
    graph_node(g, "Placeholder", "y", "", NULL);
    graph_node(g, "Split", "split", "x", NULL);
    graph_node(g, "Split", "split_1", "y", NULL);
    graph_node(g, "VariableV2", "model/w", "", NULL);
    graph_node(g, "Identity", "model/read", "model/w", NULL);
    for (int i = 0; i < 4; i++) {
        static const char *const ops[] = {"MatMul", "Add", "Neg"};
        for (int k = 0; k < 3; k++)
            snprintf(name[k], sizeof name[k], "tower_%d/%s", i, ops[k]);
        snprintf(inputs, sizeof inputs, "split:%d model/read", i);
        graph_node(g, ops[0], name[0], inputs, NULL);
        snprintf(inputs, sizeof inputs, "%s split_1:%d", name[0], i);
        graph_node(g, ops[1], name[1], inputs, NULL);
        graph_node(g, ops[2], name[2], name[1], NULL);
    }
    graph_node(g, "AddN", "average/sum", "tower_0/Neg tower_1/Neg tower_2/Neg tower_3/Neg", NULL);
    graph_node(g, "Mul", "average/mean", "average/sum", NULL);
    graph_node(g, "VariableV2", "step/step", "", NULL);
    graph_node(g, "Identity", "step/read", "step/step", NULL);
    graph_node(g, "ApplyGradientDescent", "train/w", "model/w average/mean", NULL);
    graph_node(g, "AssignAdd", "train/step", "step/step", NULL);
    graph_node(g, "SaveV2", "save/SaveV2", "model/w step/step", NULL);
    graph_node(g, "Assign", "save/Assign", "model/w", NULL);
}

LEAT_TEST(what_is_alike_keeps_its_order)
{
    leat_buf g = {0};
    placed p;
    towers(&g);
    place_graph(&p, &g, "");
    CHECK(left_of(&p, "tower_0") < left_of(&p, "tower_1"));
    CHECK(left_of(&p, "tower_1") < left_of(&p, "tower_2"));
    CHECK(left_of(&p, "tower_2") < left_of(&p, "tower_3"));
    placed_free(&p);
    leat_buf_free(&g);
}

/* A chain of n ops with some that look back, each at `reach` or `reach` + 1 ops. */
static void chain(leat_buf *g, int n, int reach, int every)
{
    for (int i = 0; i < n; i++) {
        char name[16], inputs[40] = "";
        snprintf(name, sizeof name, "op%c%c", 'a' + i / 26, 'a' + i % 26);
        if (i > 0)
            snprintf(inputs, sizeof inputs, "op%c%c", 'a' + (i - 1) / 26, 'a' + (i - 1) % 26);
        if (i > reach && i % every == 0)
            snprintf(inputs + 4, sizeof inputs - 4, " op%c%c", 'a' + (i - reach) / 26,
                     'a' + (i - reach) % 26);
        graph_node(g, i > 0 ? "Relu" : "Placeholder", name, inputs, i % 2 ? "2,3" : NULL);
    }
}

static bool apart(const leat_sbox *a, const leat_sbox *b)
{
    return a->x + a->w <= b->x + 0.6 || b->x + b->w <= a->x + 0.6 || a->y + a->h <= b->y + 0.6 ||
           b->y + b->h <= a->y + 0.6;
}

/* Every path begins above its op, ends below the next, and stays on the drawing. */
static void check_folded(const leat_scene *s)
{
    size_t bad = 0;
    for (uint32_t i = 1; i < s->n_nodes; i++)
        for (uint32_t k = i + 1; k < s->n_nodes; k++)
            bad += s->boxes[i].place == LEAT_S_CORE && !apart(&s->boxes[i], &s->boxes[k]);
    for (size_t i = 0; i < s->n_edges; i++) {
        const leat_sedge *e = &s->edges[i];
        if (e->cut)
            continue;
        const leat_sbox *from = &s->boxes[e->from], *to = &s->boxes[e->to];
        const leat_point *first = e->points, *last = e->points + e->n_points - 1;
        bad += first->x < from->x || first->x > from->x + from->w || fabs(first->y - from->y) > from->h;
        bad += last->x < to->x || last->x > to->x + to->w || fabs(last->y - to->y) > to->h;
        for (size_t k = 0; k < e->n_points; k++)
            bad += !(e->points[k].x >= -1 && e->points[k].x <= s->w + 1 && e->points[k].y >= -1 &&
                     e->points[k].y <= s->h + 1);
    }
    CHECK(bad == 0);
}

LEAT_TEST(long_chains_are_folded)
{
    static const struct {
        int n, reach, every;
        bool folded;
    } rows[] = {
        {12, 99, 1, false}, {60, 99, 1, true}, {300, 999, 1, true}, {80, 3, 4, true}, {120, 30, 17, true}};
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        leat_buf g = {0};
        placed p;
        chain(&g, rows[i].n, rows[i].reach, rows[i].every);
        place_graph(&p, &g, "");
        CHECK((p.s.h < 2.5 * p.s.w) == rows[i].folded && p.s.w < 2 * p.s.h);
        check_folded(&p.s);
        placed_free(&p);
        leat_buf_free(&g);
    }
}

LEAT_TEST(each_allocation_of_a_folded_drawing_may_fail)
{
    leat_lay_box boxes[30] = {0};
    leat_lay_edge edges[29] = {0};
    uint64_t before = leat_live_allocations();
    for (uint64_t nth = 1;; nth++) {
        leat_lay_session session = {0};
        leat_arena arena = {0};
        leat_lay_graph g = {
            .session = &session, .boxes = boxes, .n_boxes = 30, .edges = edges, .n_edges = 29};
        g.nodesep = 5;
        g.ranksep = 25;
        g.aspect = 1;
        for (uint32_t i = 0; i < 30; i++) {
            boxes[i] = (leat_lay_box){.w = 20, .h = 10};
            if (i > 0)
                edges[i - 1] = (leat_lay_edge){.from = i - 1, .to = i, .from_x = 10, .to_x = 10};
        }
        leat_fault_arm(LEAT_FAULT_ALLOC, nth, ENOMEM);
        leat_status status = leat_layout(&g, &arena);
        bool fired = leat_fault_fired();
        leat_fault_disarm();
        CHECK(status == LEAT_OK ||
              (fired && status == LEAT_ERR_NO_MEMORY)); /* without dot it is done otherwise */
        CHECK(fired || g.h < 500);
        leat_arena_free(&arena);
        leat_lay_session_end(&session);
        if (!fired)
            break;
    }
    CHECK(leat_live_allocations() == before);
}
