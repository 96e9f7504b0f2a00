/* plan-cost.c - what nodes cost: estimates before the first run, times of the first runs after. Costs decide who runs what
 * when, and whether a run is parallel at all; never what is computed. */
#include <string.h>
#include "plan-parts-private.h"

#define OVERHEAD_NS 60.0 /* of any kernel */
#define FLOPS_PER_NS 20.0
#define BYTES_PER_NS 8.0
#define UNKNOWN_DIMENSION 64 /* what an unknown dimension is taken for */
#define TILED_ABOVE_NS 30e3f /* kernels split work above some tens of microseconds */
#define TILES 8
#define MOST_COUNTED 16 /* inputs or outputs of a node that is estimated */

void leat_node_cost(const leat_op *op, const leat_tensor *const *in, const leat_tensor *out, leat_cost *cost)
{
    *cost = (leat_cost){0, 0};
    for (uint32_t i = 0; i < op->n_inputs; i++)
        cost->bytes += (double)in[i]->elements * (double)leat_dtype_bytes(in[i]->dtype);
    /* A sum costs its inputs, an elementwise op its output. */
    double elements = 0, largest = 0;
    for (uint32_t i = 0; i < op->n_inputs; i++)
        largest = LEAT_MAX(largest, (double)in[i]->elements);
    for (uint32_t i = 0; i < op->n_outputs; i++) {
        elements += (double)out[i].elements;
        cost->bytes += (double)out[i].elements * (double)leat_dtype_bytes(out[i].dtype);
    }
    cost->flops = LEAT_MAX(elements, largest) * LEAT_MAX(op->type->def->flops_each, 1u);
    if (op->type->def->cost != NULL)
        op->type->def->cost(op, in, out, cost);
}

/* False where a dimension was not known. */
static bool header_of(const leat_op_out *o, int64_t unknown, leat_tensor *t)
{
    bool known = o->shape->rank_plus_1 > 0;
    memset(t, 0, sizeof *t);
    t->dtype = o->dtype;
    t->shape = *o->shape;
    if (t->shape.rank_plus_1 == 0)
        t->shape = (leat_shape){2, {unknown}};
    t->elements = 1;
    for (int i = 0; i < leat_shape_rank(&t->shape); i++) {
        known &= t->shape.dims[i] >= 0;
        if (t->shape.dims[i] < 0)
            t->shape.dims[i] = unknown;
        if (__builtin_mul_overflow(t->elements, t->shape.dims[i], &t->elements))
            t->elements = INT64_MAX / 64;
    }
    return known;
}

bool leat_op_static_cost(const leat_op *op, int64_t unknown, leat_cost *cost)
{
    leat_tensor headers[2 * MOST_COUNTED];
    const leat_tensor *in[MOST_COUNTED];
    bool known = true;
    *cost = (leat_cost){0, 0};
    if (op->type->def == NULL || op->type->def->kernels[0].fn == NULL || op->n_inputs > MOST_COUNTED ||
        op->n_outputs > MOST_COUNTED)
        return true;
    for (uint32_t i = 0; i < op->n_inputs; i++) {
        known &= header_of(&op->inputs[i].op->outputs[op->inputs[i].index], unknown, &headers[i]);
        in[i] = &headers[i];
    }
    for (uint32_t i = 0; i < op->n_outputs; i++)
        known &= header_of(&op->outputs[i], unknown, &headers[MOST_COUNTED + i]);
    if (op->type->def->flags & (LEAT_OP_ALIAS | LEAT_OP_REF_RAW)) /* moves no bytes */
        return true;
    leat_node_cost(op, in, headers + MOST_COUNTED, cost);
    return known;
}

static float estimate(const leat_op *op)
{
    leat_cost cost;
    if (op->type->def->kernels[0].fn == NULL)
        return (float)OVERHEAD_NS / 4;
    if (op->n_inputs > MOST_COUNTED || op->n_outputs > MOST_COUNTED)
        return (float)OVERHEAD_NS * 10;
    leat_op_static_cost(op, UNKNOWN_DIMENSION, &cost);
    return (float)(OVERHEAD_NS + LEAT_MAX(cost.flops / FLOPS_PER_NS, cost.bytes / BYTES_PER_NS));
}

static leat_status publish(leat_plan *p, const float *cost_ns)
{
    uint32_t *tiles = leat_alloc(((size_t)p->n_nodes + 1) * sizeof *tiles);
    if (tiles == NULL)
        return leat_fail_memory(p->n_nodes * sizeof *tiles);
    for (uint32_t i = 0; i < p->n_nodes; i++)
        tiles[i] = cost_ns[i] > TILED_ABOVE_NS ? TILES : 1;
    leat_exec_costs *costs = NULL;
    leat_status status = leat_exec_costs_new(&costs, &p->exec_graph, NULL, cost_ns, tiles);
    leat_free(tiles);
    if (status != LEAT_OK)
        return status;
    /* Release: a run that loads the pointer sees the content. Runs that go on keep the old one, which stays. */
    leat_exec_costs *old = atomic_exchange_explicit(&p->costs, costs, memory_order_acq_rel);
    if (old != NULL)
        p->old_costs[p->n_old_costs++] = old;
    return LEAT_OK;
}

leat_status leat_plan_first_costs(leat_plan *p)
{
    float *cost_ns = leat_alloc(((size_t)p->n_nodes + 1) * sizeof *cost_ns);
    if (cost_ns == NULL)
        return leat_fail_memory(p->n_nodes * sizeof *cost_ns);
    for (uint32_t i = 0; i < p->n_nodes; i++)
        cost_ns[i] = estimate(p->nodes[i].op);
    leat_status status = publish(p, cost_ns);
    leat_free(cost_ns);
    return status;
}

/* Called with the times of runs 2 to 4: the smallest of each node counts, and from the 4th on the costs are fixed. A lack of
 * memory leaves the estimates in force. */
void leat_plan_measured(leat_plan *p, const float *node_ns)
{
    pthread_mutex_lock(&p->lock);
    if (p->n_old_costs < LEAT_LEN(p->old_costs)) {
        if (p->measured == NULL) {
            p->measured = leat_alloc(((size_t)p->n_nodes + 1) * sizeof *p->measured);
            if (p->measured != NULL && p->n_nodes > 0)
                memcpy(p->measured, node_ns, p->n_nodes * sizeof *p->measured);
        }
        for (uint32_t i = 0; p->measured != NULL && i < p->n_nodes; i++)
            p->measured[i] = LEAT_MIN(p->measured[i], node_ns[i]);
        if (p->measured != NULL && publish(p, p->measured) != LEAT_OK)
            leat_clear_message();
    }
    pthread_mutex_unlock(&p->lock);
}
