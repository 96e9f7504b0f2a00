/* graph-fan.c - where several paths meet one side of a box they are set beside each other, in the order in
 * which they come, so that arrow heads and colours stay apart. What leaves an op has one origin. */
#include "config.h"
#include "viz/scene-private.h"

#include <math.h>
#include <stdlib.h>

#define SCOPE_STEP 8.0 /* wished distance of two paths, from middle to middle */
#define OP_STEP 3.4
#define OP_EDGE 2.5
#define NEAR 40.0 /* just beyond the next layer's gap: there paths have found their order */
#define FAR 90.0
#define REACH 40.0 /* of the rounding of a path whose end was moved */
#define CLOSE 12.0 /* where that would meet a box */
#define FEW 500    /* boxes and paths up to which that is looked at */
#define POINTS 96  /* of a path */

typedef struct meet {
    uint32_t box, edge;
    bool top, last;          /* upper side of the box; the path's last point */
    bool tail;               /* leaves an op: all that do so share one place */
    double key, key2, width; /* width: of the end with its room */
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
    double width = 0.75 + (pow(elements, 0.3) - 1) / (pow(5e6, 0.3) - 1) * (12 - 0.75);
    return e->ref > 0 ? LEAT_MIN(width, 3) : width;
}

double leat_scene_end_width(const leat_sedge *e, bool head)
{
    double width = leat_scene_edge_width(e);
    return LEAT_MAX(SCOPE_STEP, head ? LEAT_S_HEAD_MIN + LEAT_S_HEAD_PER_WIDTH * width + 0.5 : width + 2);
}

/* Where the path is at some distance from the box, above or below it. */
static double x_at_distance(const leat_sedge *e, bool last, double distance)
{
    size_t n = e->n_points;
    double y0 = e->points[last ? n - 1 : 0].y;
    for (size_t k = 3; k < n; k += 3) {
        size_t end = last ? n - 1 - k : k, before = last ? end + 3 : end - 3;
        double dy = fabs(e->points[end].y - y0), dy_before = fabs(e->points[before].y - y0);
        if (dy < distance)
            continue;
        double t = (distance - dy_before) / LEAT_MAX(dy - dy_before, 1e-9);
        return e->points[before].x + t * (e->points[end].x - e->points[before].x);
    }
    return e->points[last ? 0 : n - 1].x;
}

bool leat_scene_goes_on(const leat_scene *s, uint32_t box, uint32_t other, bool out)
{
    if (s->boxes[box].kind == LEAT_S_PORT)
        return true;
    if (s->boxes[box].kind != LEAT_S_OPEN)
        return false;
    if (s->boxes[other].kind == LEAT_S_PORT)
        other = s->boxes[other].node;
    uint32_t port = leat_scene_port(s, box, out, other);
    return port != LEAT_G_NONE && s->boxes[port].place == LEAT_S_CORE;
}

/* Ends on a scope's border have room; on an op they stand close. */
static bool is_wide(const leat_sbox *b)
{
    return b->kind == LEAT_S_SCOPE || b->kind == LEAT_S_OPEN;
}

static void add_end(const leat_scene *s, uint32_t edge, bool last, meet *out, size_t *n)
{
    const leat_sedge *e = &s->edges[edge];
    uint32_t box = last ? e->to : e->from;
    bool scope = is_wide(&s->boxes[box]), head = last == leat_scene_head_is_last(e);
    if (leat_scene_goes_on(s, box, last ? e->from : e->to, !last)) /* it meets the other half of its path */
        return;
    size_t k = e->n_points;
    out[(*n)++] = (meet){.box = box,
                         .edge = edge,
                         .top = last == e->reversed,
                         .last = last,
                         .tail = !scope && !head,
                         .key = x_at_distance(e, last, NEAR) + x_at_distance(e, last, FAR),
                         .key2 = e->points[last ? 0 : k - 1].x,
                         .width = scope ? leat_scene_end_width(e, head) : leat_scene_edge_width(e) + 2};
}

static size_t collect(const leat_scene *s, uint32_t scope, meet *out)
{
    size_t n = 0;
    for (uint32_t i = s->boxes[scope].first_edge; i != LEAT_G_NONE; i = s->edges[i].next)
        for (int last = 0; last < 2 && !s->edges[i].cut && s->edges[i].n_points >= 4; last++)
            add_end(s, i, last, out, &n);
    return n;
}

/* Gives the tails of one side the mean of their keys, so that they come to stand together. */
static void join_tails(meet *meets, size_t n)
{
    double sum = 0;
    size_t tails = 0;
    for (size_t i = 0; i < n; i++)
        if (meets[i].tail) {
            sum += meets[i].key;
            tails++;
        }
    for (size_t i = 0; i < n; i++)
        if (meets[i].tail)
            meets[i].key = meets[i].key2 = sum / (double)tails;
    qsort(meets, n, sizeof *meets, by_side_and_key);
}

/* How far the i-th end is to stand from the one before. */
static double step_to(const meet *meets, size_t i, bool scope)
{
    if (meets[i].tail && meets[i - 1].tail)
        return 0;
    double step = (meets[i - 1].width + meets[i].width) / 2;
    return scope ? step : LEAT_MAX(OP_STEP, step);
}

/* Rounds a path whose end was moved, less where it would then run over a box. */
static void round_path(const leat_scene *s, leat_sedge *e, bool few)
{
    leat_point before[POINTS];
    bool look = few && e->n_points <= POINTS;
    if (look)
        memcpy(before, e->points, e->n_points * sizeof *before);
    leat_layout_round((leat_lay_point *)e->points, e->n_points, REACH);
    if (!look || !leat_scene_meets_box(s, e, 0))
        return;
    memcpy(e->points, before, e->n_points * sizeof *before);
    leat_layout_round((leat_lay_point *)e->points, e->n_points, CLOSE);
}

/* Sets the ends side by side about the middle, closer than wished where the side is too short. */
static void spread(leat_scene *s, meet *meets, size_t n, bool few)
{
    const leat_sbox *b = &s->boxes[meets[0].box];
    bool scope = is_wide(b);
    double room = (b->kind == LEAT_S_OPEN ? b->w : b->core_w) - 2 * (scope ? LEAT_S_CORNER : OP_EDGE),
           need = 0, at;
    join_tails(meets, n);
    for (size_t i = 1; i < n; i++)
        need += step_to(meets, i, scope);
    double shrink = LEAT_MIN(1, room / LEAT_MAX(need, 1e-9));
    at = -need * shrink / 2;
    for (size_t i = 0; i < n; i++) {
        leat_sedge *e = &s->edges[meets[i].edge];
        at += i > 0 ? shrink * step_to(meets, i, scope) : 0;
        e->points[meets[i].last ? e->n_points - 1 : 0].x += at;
        e->points[meets[i].last ? e->n_points - 2 : 1].x += at;
        round_path(s, e, few);
    }
}

leat_status leat_scene_fan(leat_scene *s, uint32_t scope)
{
    size_t n = 0, boxes = 0;
    for (uint32_t i = s->boxes[scope].first_edge; i != LEAT_G_NONE; i = s->edges[i].next)
        n++;
    for (uint32_t i = s->boxes[scope].first; i != LEAT_G_NONE; i = s->boxes[i].next)
        boxes++;
    bool few = n + boxes <= FEW;
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
            spread(s, meets + begin, end - begin, few);
    }
    leat_free(meets);
    return LEAT_OK;
}
