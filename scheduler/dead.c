/* dead.c - values that lie in a branch that a run does not take.
 *
 * Switch lets its input through to one output; the other is dead, and so is whatever needs a dead value or waits for a dead node.
 * Merge lives as long as one of its inputs does. A dead node is released like any other, but its kernel is not called: the order of a
 * run, its slots and its edges know nothing of branches.
 *
 * That a value is dead stands in its header (no dtype), that a node is in frame->dead, for those who wait for it. Invariant: when a
 * node begins, the headers and the dead[] of all that it depends on are of this run. Each is written by its own node alone, and in
 * every run: a live node's kernel sets the headers of all its outputs, a dead node's are cleared here, and Switch clears the one
 * that it does not take; dead[] is written for every node that has the flag MAY_DIE, and read for no other. All of it before the
 * node's successors are released, and the decrement that releases them is acq_rel (arrive-private.h): whoever brings the count of a
 * successor to zero has seen what all its predecessors wrote. Which Merge input is live is thus the same in any schedule, and Merge,
 * which waits for all of them, takes the first in the order of its inputs: no run depends on who is faster. (TensorFlow's takes the
 * first to come; the two differ only where several inputs live.)
 *
 * Plans without Switch have none of this: their nodes carry no flag, and the test of it is all that they pay. */
#include <string.h>
#include "plan-parts-private.h"

static bool node_may_die(const leat_plan_draft *d, uint32_t node)
{
    return node != LEAT_NO_NODE && (d->plan->nodes[node].flags & LEAT_NODE_MAY_DIE);
}

static bool input_may_die(const leat_plan_draft *d, const leat_op *op, uint32_t i)
{
    uint32_t from = leat_plan_input_node(d, op, i);
    return node_may_die(d, from) ||
           (from != LEAT_NO_NODE && (d->plan->nodes[from].op->type->def->flags & LEAT_OP_SWITCHES));
}

/* The list of its control inputs that may be dead; the empty list is the first. */
static void list_controls(leat_plan_draft *d, leat_plan_node *n)
{
    leat_plan *p = d->plan;
    uint32_t begin = p->n_dead_controls;
    for (uint32_t i = 0; i < n->op->n_controls; i++)
        if (node_may_die(d, leat_plan_control_node(d, n->op, i)))
            p->dead_controls[p->n_dead_controls++] = leat_plan_control_node(d, n->op, i);
    if (p->n_dead_controls == begin)
        return;
    n->controls = begin;
    p->dead_controls[p->n_dead_controls++] = LEAT_NO_NODE;
}

static void set_flags(leat_plan_draft *d, leat_plan_node *n)
{
    unsigned flags = n->op->type->def->flags;
    uint32_t mortal = 0;
    if (flags & LEAT_OP_NEVER_DEAD)
        return;
    for (uint32_t i = 0; i < n->op->n_inputs; i++)
        mortal += input_may_die(d, n->op, i);
    if (flags & LEAT_OP_MERGES) {
        n->flags |= mortal == n->op->n_inputs ? LEAT_NODE_CHECKED | LEAT_NODE_MAY_DIE : 0;
        return;
    }
    list_controls(d, n);
    if (mortal > 0 || n->controls > 0)
        n->flags |= LEAT_NODE_CHECKED | LEAT_NODE_MAY_DIE;
}

leat_status leat_plan_dead(leat_plan_draft *d)
{
    leat_plan *p = d->plan;
    size_t controls = 1;
    bool any = false;
    for (uint32_t i = 0; i < p->n_nodes; i++) {
        any |= (p->nodes[i].op->type->def->flags & LEAT_OP_SWITCHES) != 0;
        controls += (size_t)p->nodes[i].op->n_controls + 1;
    }
    if (!any)
        return LEAT_OK;
    p->dead_controls = leat_alloc(controls * sizeof *p->dead_controls);
    if (p->dead_controls == NULL)
        return leat_fail_memory(controls * sizeof *p->dead_controls);
    p->dead_controls[p->n_dead_controls++] = LEAT_NO_NODE;
    for (uint32_t i = 0; i < p->n_nodes; i++) /* in serial order: what a node needs comes before it */
        set_flags(d, &p->nodes[i]);
    return LEAT_OK;
}

/* ---- in a run ---- */

static bool value_is_dead(const leat_frame *f, uint32_t id)
{
    return id >= f->plan->base && leat_value_dead(&f->values[id]);
}

static bool is_dead(const leat_frame *f, const leat_plan_node *n)
{
    const uint32_t *in = f->plan->inputs + n->in;
    bool merges = (n->op->type->def->flags & LEAT_OP_MERGES) != 0;
    for (uint32_t i = 0; i < n->op->n_inputs; i++)
        if (value_is_dead(f, in[i]) != merges)
            return !merges;
    for (const uint32_t *c = f->plan->dead_controls + n->controls; *c != LEAT_NO_NODE; c++)
        if (f->dead[*c])
            return true;
    return merges;
}

bool leat_frame_dead(leat_frame *f, uint32_t node)
{
    const leat_plan_node *n = &f->plan->nodes[node];
    bool dead = is_dead(f, n);
    f->dead[node] = dead;
    for (uint32_t i = 0; dead && i < n->op->n_outputs; i++)
        leat_value_die(&f->values[n->out + i]);
    return dead;
}
