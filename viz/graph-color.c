/* graph-color.c - what fills the boxes. */
#include "config.h"
#include "viz/graph-draw-private.h"

#include <math.h>

#define MOST_OPS 4096 /* of a scope are asked for their device */
#define OPEN_LIGHT LEAT_RGB(0xf5f5f5)
#define OPEN_DARK LEAT_RGB(0x292b2f)

/* Hues that go well together; saturation falls towards blue, as TensorBoard chooses them. */
leat_color leat_gpaint_structure(const leat_gpaint *p, uint32_t structure, bool open)
{
    static const double hues[] = {220, 100, 180, 40, 20, 340, 260, 300, 140, 60};
    bool dark = p->theme.dark;
    if (structure == LEAT_G_NONE)
        return open ? (dark ? OPEN_DARK : OPEN_LIGHT) : dark ? LEAT_RGB(0x46494e) : LEAT_RGB(0xeeeeee);
    double hue = hues[structure % LEAT_LEN(hues)], saturation = (90 - 60 * sin(hue * M_PI / 360)) / 100;
    if (open)
        return dark ? leat_color_hsl(hue, 0.20, 0.17) : leat_color_hsl(hue, 0.30, 0.95);
    return dark ? leat_color_hsl(hue, 0.5 * saturation, 0.32) : leat_color_hsl(hue, saturation, 0.80);
}

leat_color leat_gpaint_heat(const leat_gpaint *p, double part)
{
    leat_color cold = p->theme.dark ? LEAT_RGB(0x3d302d) : LEAT_RGB(0xfff5f0);
    return leat_color_mix(cold, LEAT_RGB(0xfb6a4a), LEAT_MIN(LEAT_MAX(part, 0), 1));
}

leat_color leat_gpaint_unused(const leat_gpaint *p)
{
    return p->theme.dark ? LEAT_RGB(0x6b6248) : LEAT_RGB(0xe0d4b3);
}

static leat_color plain_op(const leat_gpaint *p)
{
    return p->theme.dark ? LEAT_RGB(0x2d2f33) : LEAT_RGB(0xffffff);
}

static bool by_run(const leat_gpaint *p)
{
    return (p->color == LEAT_GRAPH_BY_TIME || p->color == LEAT_GRAPH_BY_MEMORY) && p->s->model->stats;
}

bool leat_gpaint_is_unused(const leat_gpaint *p, uint32_t box)
{
    const leat_sbox *b = &p->s->boxes[box];
    return by_run(p) && b->kind != LEAT_S_OPEN && !p->s->model->stats[b->node].seen;
}

void leat_gpaint_scales(leat_gpaint *p)
{
    p->max_micros = p->max_bytes = 0;
    for (uint32_t i = 0; p->s->model->stats && i < p->s->n_nodes; i++) {
        const leat_gstat *stat = &p->s->model->stats[p->s->boxes[i].node];
        if (p->s->boxes[i].kind == LEAT_S_OPEN)
            continue;
        p->max_micros = LEAT_MAX(p->max_micros, stat->micros);
        p->max_bytes = LEAT_MAX(p->max_bytes, stat->bytes);
    }
}

size_t leat_gpaint_devices(const leat_gpaint *p, uint32_t box, leat_gshare *shares)
{
    const leat_gmodel *m = p->s->model;
    uint32_t node = p->s->boxes[box].node, end = leat_gmodel_next(m, node, false), looked = 0;
    size_t n = 0;
    for (uint32_t i = node; i != end && i != LEAT_G_NONE && looked < MOST_OPS;
         i = leat_gmodel_next(m, i, true)) {
        uint32_t device = m->nodes[i].device;
        size_t k = 0;
        if (m->nodes[i].kind != LEAT_G_OP || device == LEAT_G_NONE)
            continue;
        while (k < n && shares[k].device != device)
            k++;
        if (k == LEAT_GPAINT_SHARES)
            continue;
        if (k == n)
            shares[n++] = (leat_gshare){.device = device};
        shares[k].part += 1;
        looked++;
    }
    for (size_t k = 0; k < n; k++)
        shares[k].part /= looked;
    return n;
}

/* The device of most ops below a node; LEAT_G_NONE where none is said. */
static uint32_t main_device(const leat_gpaint *p, uint32_t box)
{
    leat_gshare shares[LEAT_GPAINT_SHARES];
    size_t n = leat_gpaint_devices(p, box, shares), most = 0;
    for (size_t k = 1; k < n; k++)
        if (shares[k].part > shares[most].part)
            most = k;
    return n > 0 ? shares[most].device : LEAT_G_NONE;
}

leat_color leat_gpaint_fill(const leat_gpaint *p, uint32_t box)
{
    const leat_sbox *b = &p->s->boxes[box];
    const leat_gmodel *m = p->s->model;
    const leat_gnode *node = &m->nodes[b->node];
    bool open = b->kind == LEAT_S_OPEN;
    if (p->color == LEAT_GRAPH_BY_STRUCTURE || open) {
        if (node->kind == LEAT_G_SCOPE)
            return leat_gpaint_structure(
                p, p->color == LEAT_GRAPH_BY_STRUCTURE ? node->structure : LEAT_G_NONE, open);
        return open ? leat_gpaint_structure(p, LEAT_G_NONE, true) : plain_op(p);
    }
    if (p->color == LEAT_GRAPH_BY_DEVICE) {
        uint32_t device = main_device(p, box);
        return device == LEAT_G_NONE && b->kind != LEAT_S_SCOPE ? plain_op(p)
                                                                : leat_gpaint_structure(p, device, false);
    }
    if (!by_run(p) || !m->stats[b->node].seen)
        return plain_op(p);
    if (p->color == LEAT_GRAPH_BY_TIME)
        return leat_gpaint_heat(p, p->max_micros > 0 ? m->stats[b->node].micros / p->max_micros : 0);
    return leat_gpaint_heat(p, p->max_bytes > 0 ? m->stats[b->node].bytes / p->max_bytes : 0);
}

leat_color leat_gpaint_stroke(const leat_gpaint *p, leat_color fill)
{
    if (fill == plain_op(p))
        return p->theme.dark ? LEAT_RGB(0x85898f) : LEAT_RGB(0x9a9a9a);
    return leat_color_mix(fill, p->theme.dark ? LEAT_RGB(0xffffff) : LEAT_RGB(0x000000), 0.3);
}

leat_color leat_gpaint_ink(const leat_gpaint *p, leat_color fill)
{
    return leat_color_readable(p->theme.ink, fill, 7);
}

leat_color leat_gpaint_edge(const leat_gpaint *p, leat_gedge_kind kind)
{
    if (kind == LEAT_GEDGE_REF)
        return LEAT_RGB(0xffb74d);
    return p->theme.dark             ? LEAT_RGB(0x80868b)
           : kind == LEAT_GEDGE_DATA ? LEAT_RGB(0xbbbbbb)
                                     : LEAT_RGB(0x999999);
}
