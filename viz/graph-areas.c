/* graph-areas.c - the auxiliary area and the library of functions: columns beside a scope's main graph or
 * rows below it, whichever gives the better page. */
#include "config.h"
#include "viz/scene-private.h"

#include <math.h>

#define BOX_SEP 10.0  /* between boxes of an area */
#define AREA_SEP 16.0 /* between the main graph and an area below it */
#define TITLE_W 56.0  /* "Auxiliary nodes" */
#define PAGE_RATIO 1.4142
#define LABEL_GAP 3.0 /* from an open scope's label to a path beside it */

typedef struct area {
    double x, y, w, h;
} area;

/* Boxes of one place in columns no higher than `limit`, or rows no wider, unless a single box is. */
static void fill(leat_scene *s, uint32_t scope, leat_splace place, bool rows, double limit, area *a)
{
    double along = 0, across = 0, line = 0;
    a->w = a->h = 0;
    for (uint32_t i = s->boxes[scope].first; i != LEAT_G_NONE; i = s->boxes[i].next) {
        leat_sbox *b = &s->boxes[i];
        if (b->place != place)
            continue;
        double length = rows ? b->w : b->h, depth = rows ? b->h : b->w;
        if (along > 0 && along + length > limit) {
            across += line + BOX_SEP;
            along = line = 0;
        }
        b->x = a->x + (rows ? along : across);
        b->y = a->y + (rows ? across : along);
        along += length + BOX_SEP;
        line = LEAT_MAX(line, depth);
        a->w = LEAT_MAX(a->w, b->x + b->w - a->x);
        a->h = LEAT_MAX(a->h, b->y + b->h - a->y);
    }
}

/* The side of a square that the boxes would fill. */
static double square(const leat_scene *s, uint32_t scope, leat_splace place)
{
    double sum = 0;
    for (uint32_t i = s->boxes[scope].first; i != LEAT_G_NONE; i = s->boxes[i].next)
        if (s->boxes[i].place == place)
            sum += (s->boxes[i].w + BOX_SEP) * (s->boxes[i].h + BOX_SEP);
    return sqrt(sum);
}

/* Sets one area beside or below `all`, which grows by it. The root's areas have a title above. */
static area set_area(leat_scene *s, uint32_t scope, leat_splace place, bool below, const area *core,
                     area *all)
{
    bool root = s->boxes[scope].scope == LEAT_G_NONE;
    double side = square(s, scope, place);
    area a = {.x = all->x + (all->w > 0 ? all->w + LEAT_S_AUX_GAP : 0), .y = core->y};
    if (side <= 0)
        return (area){0};
    if (below) {
        a.x = all->x;
        a.y = all->y + all->h + AREA_SEP + (root ? LEAT_S_HEAD : 0);
    }
    fill(s, scope, place, below, LEAT_MAX(below ? all->w : core->h, side), &a);
    if (root)
        a.w = LEAT_MAX(a.w, TITLE_W);
    double right = LEAT_MAX(all->x + all->w, a.x + a.w), bottom = LEAT_MAX(all->y + all->h, a.y + a.h);
    all->w = right - all->x;
    all->h = bottom - all->y;
    return a;
}

/* All of a scope, the areas as the two bits of `how` say; returns how large a page it needs. */
static double arrange(leat_scene *s, uint32_t scope, int how, const area *core, area *all)
{
    leat_sbox *b = &s->boxes[scope];
    *all = *core;
    area aux = set_area(s, scope, LEAT_S_AUX, how & 1, core, all);
    area library = set_area(s, scope, LEAT_S_LIBRARY, how & 2, core, all);
    b->aux = (leat_box){aux.x, aux.y, aux.w, aux.h};
    b->library = (leat_box){library.x, library.y, library.w, library.h};
    return LEAT_MAX(LEAT_MIN(all->w, all->h) * PAGE_RATIO, LEAT_MAX(all->w, all->h));
}

/* Where an open scope's label disturbs no path that leaves through the upper border: as far left as it goes. */
static double free_label_x(const leat_scene *s, const leat_sbox *b)
{
    double x = LEAT_S_PAD;
    for (bool moved = true; moved;) {
        moved = false;
        for (uint32_t i = b->first_port; i != LEAT_G_NONE; i = s->boxes[i].next) {
            const leat_sbox *port = &s->boxes[i];
            double left = port->x - LABEL_GAP, right = port->x + port->w + LABEL_GAP;
            if (port->place != LEAT_S_CORE || !port->top || right <= x || left >= x + b->label_w)
                continue;
            x = right;
            moved = true;
        }
    }
    return x;
}

void leat_scene_set_areas(leat_scene *s, uint32_t scope, double left, double top, double core_w,
                          double core_h)
{
    leat_sbox *b = &s->boxes[scope];
    bool root = b->scope == LEAT_G_NONE;
    area core = {left, top, core_w, core_h}, all;
    int best = 0;
    double size = INFINITY;
    for (int how = 0; how < 4 && (how == 0 || b->first_port == LEAT_G_NONE);
         how++) { /* paths may run below */
        double need = arrange(s, scope, how, &core, &all);
        if (need < 0.95 * size) { /* beside it, unless it matters */
            size = need;
            best = how;
        }
    }
    arrange(s, scope, best, &core, &all);
    b->w = all.x + all.w + left;
    if (!root) {
        b->label_x = free_label_x(s, b);
        b->w = LEAT_MAX(b->w, b->label_x + b->label_w + LEAT_S_PAD);
    }
    b->h = all.y + all.h + (root ? 0 : LEAT_S_PAD);
}
