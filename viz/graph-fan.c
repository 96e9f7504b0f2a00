/* graph-fan.c - where several paths meet one side of a box they are set beside each other, in the order in
 * which they come, so that arrow heads and colours stay apart. What leaves an op keeps its one origin. */
#include "config.h"
#include "viz/scene-private.h"

#include <math.h>
#include <stdlib.h>

#define SCOPE_STEP 8.0 /* wished distance of two paths */
#define OP_STEP 3.4
#define SCOPE_EDGE 6.0 /* kept free at a scope's corners */
#define OP_EDGE 2.5

typedef struct meet {
    uint32_t box, edge;
    bool top, last; /* upper side of the box; the path's last point */
    double key, key2, width;
} meet;

static int by_side_and_key(const void *a, const void *b)
{
    const meet *p = a, *q = b;
    if (p->box != q->box)
        return p->box < q->box ? -1 : 1;
    if (p->top != q->top)
        return p->top ? -1 : 1;
    if (p->key != q->key)
        return p->key < q->key ? -1 : 1;
    if (p->key2 != q->key2)
        return p->key2 < q->key2 ? -1 : 1;
    return p->edge < q->edge ? -1 : p->edge > q->edge;
}

double leat_scene_edge_width(const leat_sedge *e)
{
    double elements = LEAT_MIN(LEAT_MAX(e->elements, 1), 5e6);
    if (e->data == 0)
        return 0.75;
    return 0.75 + (pow(elements, 0.3) - 1) / (pow(5e6, 0.3) - 1) * (12 - 0.75);
}

/* Is this end of the path one to be moved? */
static bool movable(const leat_scene *s, const leat_sedge *e, bool last)
{
    uint32_t box = last ? e->to : e->from;
    bool head = last == (e->ref == 0 || e->data == 0);
    switch (s->boxes[box].kind) {
    case LEAT_S_SCOPE: return true;
    case LEAT_S_OP:
    case LEAT_S_SERIES: return head;
    default: return false;
    }
}

static size_t collect(const leat_scene *s, uint32_t scope, meet *out)
{
    size_t n = 0;
    for (uint32_t i = s->boxes[scope].first_edge; i != LEAT_G_NONE; i = s->edges[i].next) {
        const leat_sedge *e = &s->edges[i];
        size_t k = e->n_points;
        if (e->cut || k < 4)
            continue;
        double width = leat_scene_edge_width(e);
        if (movable(s, e, false))
            out[n++] = (meet){e->from, i, !e->reversed, false, e->points[3].x, e->points[k - 1].x, width};
        if (movable(s, e, true))
            out[n++] = (meet){e->to, i, e->reversed, true, e->points[k - 4].x, e->points[0].x, width};
    }
    return n;
}

/* Sets the ends side by side about the middle, closer than wished where the side is too short. */
static void spread(leat_scene *s, const meet *meets, size_t n)
{
    const leat_sbox *b = &s->boxes[meets[0].box];
    bool scope = b->kind == LEAT_S_SCOPE;
    double room = b->core_w - 2 * (scope ? SCOPE_EDGE : OP_EDGE), need = 0, at;
    for (size_t i = 1; i < n; i++)
        need += LEAT_MAX(scope ? SCOPE_STEP : OP_STEP, (meets[i - 1].width + meets[i].width) / 2 + 2);
    double shrink = LEAT_MIN(1, room / LEAT_MAX(need, 1e-9));
    at = -need * shrink / 2;
    for (size_t i = 0; i < n; i++) {
        leat_sedge *e = &s->edges[meets[i].edge];
        if (i > 0)
            at += shrink *
                  LEAT_MAX(scope ? SCOPE_STEP : OP_STEP, (meets[i - 1].width + meets[i].width) / 2 + 2);
        e->points[meets[i].last ? e->n_points - 1 : 0].x += at;
        e->points[meets[i].last ? e->n_points - 2 : 1].x += at;
    }
}

leat_status leat_scene_fan(leat_scene *s, uint32_t scope)
{
    size_t n = 0;
    for (uint32_t i = s->boxes[scope].first_edge; i != LEAT_G_NONE; i = s->edges[i].next)
        n++;
    meet *meets = leat_alloc_zero(2 * n, sizeof *meets);
    if (!meets)
        return leat_fail_memory(2 * n * sizeof *meets);
    n = collect(s, scope, meets);
    qsort(meets, n, sizeof *meets, by_side_and_key);
    for (size_t begin = 0, end; begin < n; begin = end) {
        for (end = begin + 1;
             end < n && meets[end].box == meets[begin].box && meets[end].top == meets[begin].top;)
            end++;
        if (end - begin > 1)
            spread(s, meets + begin, end - begin);
    }
    leat_free(meets);
    return LEAT_OK;
}
