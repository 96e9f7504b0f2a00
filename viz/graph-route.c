/* graph-route.c - a path that runs over a box which is none of its ends, or back into one that is, is led anew: the
 * shortest way upwards along the corners of the boxes and its own places, made round again. The way stays close to the
 * path that dot has found, which crosses few others. dot keeps its paths off boxes; moving their ends and rounding them
 * may bring them back. */
#include "config.h"
#include "viz/scene-private.h"

#include <math.h>
#include <string.h>

#define MOST_PAIRS 4e6 /* boxes times paths of a scope beyond which nobody looks */
#define MOST_WORK 3e7  /* comparisons that the ways of one scope may take together */
#define LEAST 0.6      /* between a path and a box */
#define LEAST_DIP 3.0  /* where a path comes down again, which arrow heads make deeper */
#define SAMPLES 12     /* lines that stand for one part of a path */
#define BEND 4.0       /* a corner costs as much as going so far */
#define UPRIGHT 9.0    /* of a path at its ends */
#define STRAY 0.02     /* what an area of 1 between the way and the path costs */
#define PLACES 3       /* of one part of the path, where the way may turn */
#define LOOKS 4        /* at how far a line is from the path */

static leat_box grown(leat_box b, double by)
{
    return (leat_box){b.x - by, b.y - by, b.w + 2 * by, b.h + 2 * by};
}

/* Does the line lead through the inside of the box? */
static bool leads_through(leat_point a, leat_point b, leat_box box)
{
    double t0 = 0, t1 = 1, from[2] = {a.x, a.y}, way[2] = {b.x - a.x, b.y - a.y};
    double low[2] = {box.x, box.y}, high[2] = {box.x + box.w, box.y + box.h};
    for (int k = 0; k < 2; k++) {
        if (fabs(way[k]) < 1e-9) {
            if (from[k] <= low[k] || from[k] >= high[k])
                return false;
            continue;
        }
        double u = (low[k] - from[k]) / way[k], v = (high[k] - from[k]) / way[k];
        t0 = LEAT_MAX(t0, LEAT_MIN(u, v));
        t1 = LEAT_MIN(t1, LEAT_MAX(u, v));
    }
    return t0 < t1;
}

static bool part_meets(const leat_point *part, leat_box box)
{
    double x0 = part[0].x, x1 = x0, y0 = part[0].y, y1 = y0;
    for (int i = 1; i < 4; i++) { /* a part stays among its four points */
        x0 = LEAT_MIN(x0, part[i].x);
        x1 = LEAT_MAX(x1, part[i].x);
        y0 = LEAT_MIN(y0, part[i].y);
        y1 = LEAT_MAX(y1, part[i].y);
    }
    if (x1 <= box.x || x0 >= box.x + box.w || y1 <= box.y || y0 >= box.y + box.h)
        return false;
    leat_point before = part[0];
    for (int k = 1; k <= SAMPLES; k++) {
        leat_point at = leat_scene_on_part(part, (double)k / SAMPLES);
        if (leads_through(before, at, box))
            return true;
        before = at;
    }
    return false;
}

static bool stands_apart(const leat_scene *s, const leat_sedge *e, uint32_t box)
{
    return box != e->from && box != e->to && s->boxes[box].place == LEAT_S_CORE;
}

bool leat_scene_meets_box(const leat_scene *s, const leat_sedge *e, double clear)
{
    double half = leat_scene_edge_width(e) / 2 + clear;
    for (uint32_t i = s->boxes[s->boxes[e->from].scope].first; i != LEAT_G_NONE; i = s->boxes[i].next) {
        const leat_sbox *b = &s->boxes[i];
        leat_box box = grown((leat_box){b->x, b->y, b->w, b->h}, half);
        for (size_t part = 0; stands_apart(s, e, i) && part + 3 < e->n_points; part += 3)
            if (part_meets(e->points + part, box))
                return true;
    }
    return false;
}

/* ---- what is to be led anew ---- */

/* How far the way from the lower end to the higher one leads down again, and beyond its ends. */
static void look_at_way(const leat_sedge *e, double *dip, double *beyond)
{
    double first = e->points[0].y, last = e->points[e->n_points - 1].y, sign = first < last ? -1 : 1;
    double reached = sign * first; /* y grows downwards */
    *dip = *beyond = 0;
    for (size_t part = 0; part + 3 < e->n_points; part += 3)
        for (int k = 1; k <= SAMPLES; k++) {
            double y = sign * leat_scene_on_part(e->points + part, (double)k / SAMPLES).y;
            reached = LEAT_MIN(reached, y);
            *dip = LEAT_MAX(*dip, y - reached);
            *beyond = LEAT_MAX(*beyond, LEAT_MAX(y - sign * first, sign * last - y));
        }
}

static bool goes_wrong(const leat_scene *s, const leat_sedge *e)
{
    double dip, beyond;
    look_at_way(e, &dip, &beyond);
    return beyond > 1 || leat_scene_meets_box(s, e, dip > 1 ? LEAST_DIP : LEAST);
}

/* ---- the shortest way ---- */

/* A place where a way may turn; number 0 is where it starts, 1 where it ends. */
typedef struct stop {
    leat_point at;
    double cost; /* from the start */
    uint32_t before;
    bool done;
} stop;

typedef struct route {
    leat_box *boxes; /* in its way */
    size_t n_boxes;
    stop *stops;
    size_t n_stops, most_stops;
    const leat_sedge *edge; /* whose path the way stays close to */
    double work;            /* left */
} route;

static bool is_open(route *r, leat_point a, leat_point b)
{
    r->work -= (double)r->n_boxes;
    for (size_t i = 0; i < r->n_boxes; i++)
        if (leads_through(a, b, grown(r->boxes[i], -1e-3)))
            return false;
    return true;
}

/* Where the edge's path first comes to a height. */
static double path_at(const leat_sedge *e, double y)
{
    for (size_t k = 0; k + 3 < e->n_points; k += 3) {
        leat_point a = e->points[k], b = e->points[k + 3];
        if ((a.y - y) * (b.y - y) <= 0)
            return a.y == b.y ? b.x : a.x + (b.x - a.x) * (y - a.y) / (b.y - a.y);
    }
    return e->points[e->n_points - 1].x;
}

/* The area between a line and the path. */
static double strays(route *r, leat_point a, leat_point b)
{
    double sum = 0;
    r->work -= LOOKS * (double)r->edge->n_points / 3;
    for (int k = 0; k < LOOKS; k++) {
        double t = (k + 0.5) / LOOKS, y = a.y + t * (b.y - a.y);
        sum += fabs(a.x + t * (b.x - a.x) - path_at(r->edge, y));
    }
    return sum / LOOKS * fabs(b.y - a.y);
}

static void add_stop(route *r, leat_point at)
{
    leat_point low = r->stops[0].at, high = r->stops[1].at;
    if (at.y < low.y && at.y > high.y && r->n_stops < r->most_stops)
        r->stops[r->n_stops++] = (stop){.at = at, .cost = INFINITY};
}

static void set_stops(route *r, leat_point low, leat_point high)
{
    r->stops[0] = (stop){.at = low};
    r->stops[1] = (stop){.at = high, .cost = INFINITY};
    r->n_stops = 2;
    for (size_t i = 0; i < r->n_boxes; i++) {
        leat_box b = r->boxes[i];
        for (int k = 0; k < 4; k++)
            add_stop(r, (leat_point){b.x + (k & 1 ? b.w : 0), b.y + (k & 2 ? b.h : 0)});
    }
    for (size_t part = 0; part + 3 < r->edge->n_points; part += 3)
        for (int k = 0; k < PLACES; k++)
            add_stop(r, leat_scene_on_part(r->edge->points + part, (double)k / PLACES));
}

static uint32_t nearest(const route *r)
{
    uint32_t best = LEAT_G_NONE;
    for (uint32_t i = 0; i < r->n_stops; i++)
        if (!r->stops[i].done && r->stops[i].cost < INFINITY &&
            (best == LEAT_G_NONE || r->stops[i].cost < r->stops[best].cost))
            best = i;
    return best;
}

/* Dijkstra's, over lines that never lead down. */
static bool find_way(route *r)
{
    uint32_t at;
    while ((at = nearest(r)) != LEAT_G_NONE && at != 1 && r->work > 0) {
        stop *here = &r->stops[at];
        here->done = true;
        for (uint32_t i = 1; i < r->n_stops; i++) {
            stop *there = &r->stops[i];
            double cost = here->cost + BEND + hypot(there->at.x - here->at.x, there->at.y - here->at.y);
            if (there->done || there->at.y > here->at.y || cost >= there->cost)
                continue;
            cost += STRAY * strays(r, here->at, there->at);
            if (cost >= there->cost || !is_open(r, here->at, there->at))
                continue;
            there->cost = cost;
            there->before = at;
        }
    }
    return at == 1;
}

/* ---- from a way to a path ---- */

static size_t count_lines(const route *r)
{
    size_t n = 0;
    for (uint32_t at = 1; at != 0; at = r->stops[at].before)
        n++;
    return n;
}

/* The way as a path from below, 3n + 1 points, upright at both ends. */
static void put_path(const route *r, size_t n, leat_point *points)
{
    uint32_t at = 1;
    for (size_t i = n; i-- > 0; at = r->stops[at].before) {
        leat_point a = r->stops[r->stops[at].before].at, b = r->stops[at].at;
        points[3 * i] = a;
        points[3 * i + 1] = (leat_point){a.x + (b.x - a.x) / 3, a.y + (b.y - a.y) / 3};
        points[3 * i + 2] = (leat_point){b.x - (b.x - a.x) / 3, b.y - (b.y - a.y) / 3};
        points[3 * i + 3] = b;
    }
}

static void set_upright(leat_point *points, size_t n)
{
    double most = n == 4 ? INFINITY : UPRIGHT;
    double first = LEAT_MIN(most, (points[0].y - points[3].y) / 2);
    double last = LEAT_MIN(most, (points[n - 4].y - points[n - 1].y) / 2);
    points[1] = (leat_point){points[0].x, points[0].y - first};
    points[n - 2] = (leat_point){points[n - 1].x, points[n - 1].y + last};
}

static void turn_about(leat_point *points, size_t n)
{
    for (size_t k = 0; k < n / 2; k++) {
        leat_point other = points[n - 1 - k];
        points[n - 1 - k] = points[k];
        points[k] = other;
    }
}

/* Rounds the way as far as it then stays off boxes; takes it as the edge's path. */
static leat_status take_way(leat_scene *s, const route *r, leat_sedge *e)
{
    static const double reaches[] = {40, 20, 10, 5, 2};
    size_t lines = count_lines(r), n = 3 * lines + 1;
    leat_point *points = leat_arena_alloc(&s->arena, n * sizeof *points);
    bool down = e->points[0].y < e->points[e->n_points - 1].y;
    if (!points)
        return leat_fail_memory(n * sizeof *points);
    e->points = points;
    e->n_points = n;
    for (size_t i = 0; i <= 2 * LEAT_LEN(reaches);
         i++) { /* with upright ends, without, and then not round at all */
        put_path(r, lines, points);
        if (i < LEAT_LEN(reaches))
            set_upright(points, n);
        if (i < 2 * LEAT_LEN(reaches))
            leat_layout_round((leat_lay_point *)points, n, reaches[i % LEAT_LEN(reaches)]);
        if (!goes_wrong(s, e))
            break;
    }
    if (down)
        turn_about(points, n);
    return LEAT_OK;
}

/* The boxes between the ends' heights, grown by what the path needs about its middle line. */
static void set_boxes(const leat_scene *s, const leat_sedge *e, route *r, double high, double low, double by)
{
    r->n_boxes = 0;
    for (uint32_t i = s->boxes[s->boxes[e->from].scope].first; i != LEAT_G_NONE; i = s->boxes[i].next) {
        const leat_sbox *b = &s->boxes[i];
        leat_box box = grown((leat_box){b->x, b->y, b->w, b->h}, by);
        if (stands_apart(s, e, i) && box.y < low && box.y + box.h > high)
            r->boxes[r->n_boxes++] = box;
    }
}

static leat_status lead_around(leat_scene *s, leat_sedge *e, route *r)
{
    static const double clears[] = {5, 3, 1.5, LEAST + 0.1};
    leat_point low = e->points[0], high = e->points[e->n_points - 1];
    if (low.y < high.y) {
        low = high;
        high = e->points[0];
    }
    r->edge = e;
    leat_status st = LEAT_OK;
    bool found = false;
    for (size_t i = 0; i < LEAT_LEN(clears) && r->work > 0 && !found; i++) {
        set_boxes(s, e, r, high.y, low.y, leat_scene_edge_width(e) / 2 + clears[i]);
        set_stops(r, low, high);
        found = find_way(r);
        if (found)
            st = take_way(s, r, e);
    }
    r->edge = NULL; /* the caller's, perhaps for no longer */
    return st;
}

/* Where the first part begins that is upright all along: there a folded path leaves its column. */
static size_t first_upright(const leat_sedge *e)
{
    size_t k = 0;
    for (; k + 3 < e->n_points; k += 3) {
        const leat_point *p = e->points + k;
        if (fabs(p[1].x - p[0].x) < 1e-6 && fabs(p[2].x - p[0].x) < 1e-6 && fabs(p[3].x - p[0].x) < 1e-6)
            break;
    }
    return k;
}

/* The same for a folded path's first part, within its column. */
static leat_status lead_leg(leat_scene *s, leat_sedge *e, route *r)
{
    leat_sedge leg = *e;
    size_t end = first_upright(e), rest = e->n_points - end;
    leg.n_points = end + 1;
    if (end < 3 || rest < 2 || !goes_wrong(s, &leg))
        return LEAT_OK;
    LEAT_TRY(lead_around(s, &leg, r));
    leat_point *points = leat_arena_alloc(&s->arena, (leg.n_points - 1 + rest) * sizeof *points);
    if (!points)
        return leat_fail_memory(rest * sizeof *points);
    memcpy(points, leg.points, (leg.n_points - 1) * sizeof *points);
    memcpy(points + leg.n_points - 1, e->points + end, rest * sizeof *points);
    e->points = points;
    e->n_points = leg.n_points - 1 + rest;
    return LEAT_OK;
}

static leat_status lead_folded(leat_scene *s, leat_sedge *e, route *r)
{
    leat_status st = lead_leg(s, e, r);
    turn_about(e->points, e->n_points);
    if (st == LEAT_OK)
        st = lead_leg(s, e, r);
    turn_about(e->points, e->n_points);
    return st;
}

leat_status leat_scene_route(leat_scene *s, uint32_t scope)
{
    route r = {.work = MOST_WORK};
    size_t boxes = 0, edges = 0, points = 0;
    for (uint32_t i = s->boxes[scope].first; i != LEAT_G_NONE; i = s->boxes[i].next)
        boxes++;
    for (uint32_t i = s->boxes[scope].first_edge; i != LEAT_G_NONE; i = s->edges[i].next) {
        edges++;
        points = LEAT_MAX(points, s->edges[i].n_points);
    }
    if ((double)boxes * (double)edges > MOST_PAIRS)
        return LEAT_OK;
    r.boxes = leat_alloc_zero(boxes, sizeof *r.boxes);
    r.most_stops = 4 * boxes + 2 + PLACES * points;
    r.stops = leat_alloc_zero(r.most_stops, sizeof *r.stops);
    leat_status st = r.boxes && r.stops ? LEAT_OK : leat_fail_memory(boxes * sizeof *r.stops);
    for (uint32_t i = s->boxes[scope].first_edge; st == LEAT_OK && i != LEAT_G_NONE; i = s->edges[i].next) {
        leat_sedge *e = &s->edges[i];
        if (e->cut || e->n_points < 4)
            continue;
        if (e->folded)
            st = lead_folded(s, e, &r);
        else if (goes_wrong(s, e))
            st = lead_around(s, e, &r);
    }
    leat_free(r.boxes);
    leat_free(r.stops);
    return st;
}
