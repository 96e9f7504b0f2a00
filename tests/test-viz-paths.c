/* Paths of graph diagrams and their labels: what makes a drawing look made by hand. */
#include "check.h"
#include "tests/viz-graph/graphs.h"
#include "viz/scene-private.h"
#include <math.h>
#include <string.h>

typedef struct placed {
    leat_gmodel m;
    leat_scene s;
    leat_lay_session session;
    leat_canvas *canvas;
} placed;

/* The graph with its root and the scope `open` drawn open. */
static void place_graph(placed *p, const leat_buf *g, const char *open)
{
    *p = (placed){0};
    REQUIRE_OK(leat_canvas_new(&p->canvas, &leat_canvas_trace,
                               &(leat_canvas_options){.metrics = LEAT_METRICS_FIXED}));
    REQUIRE_OK(leat_gmodel_read(&p->m, g->data, g->size, NULL));
    leat_schoice choice = {leat_alloc_zero(p->m.n_nodes, 1), leat_alloc_zero(p->m.n_nodes, 1)};
    choice.open[p->m.root] = 1;
    uint32_t scope = leat_gmodel_find(&p->m, open);
    REQUIRE(scope != LEAT_G_NONE);
    choice.open[scope] = 1;
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
    size_t corners = 0, crossed = 0, labels = 0;
    for (size_t i = 0; i < s->n_edges; i++) {
        const leat_sedge *e = &s->edges[i];
        if (e->cut || e->n_points < 4)
            continue;
        for (size_t k = 3; k + 3 < e->n_points; k += 3)
            corners += turn_at(e->points + k) < 0.94; /* 20 degrees */
        labels += e->label != NULL;
        crossed += e->label && e->label_crossed;
    }
    CHECK(corners == 0 && crossed == 0 && labels > 0);
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
