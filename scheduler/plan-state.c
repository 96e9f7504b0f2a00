/* plan-state.c - edges that keep every variable's reads and writes in serial order.
 *
 * The serial order is what a run means. For each variable, every read is ordered with every write, and writes with one
 * another, as they stand in it; reads among themselves stay free. A value that merely shows a variable's buffer (Identity of
 * a ref, ReadVariableOp, and Reshape and the like behind them) makes its consumers readers too. Where such a consumer comes
 * after a later write, it would see the new content: then the op that made the showing value copies instead, and its
 * consumers are readers no more. So two passes over the nodes in serial order:
 *   1. count the writes of each variable; a consumer of a showing value that meets a newer count marks the origin as copying;
 *   2. with those marks settled, add the edges. */
#include <string.h>
#include "plan-parts-private.h"

#define NONE UINT32_MAX

typedef struct variable {
    leat_var *var;
    uint32_t writes;     /* so far in this pass */
    uint32_t last_write; /* node, or NONE */
    uint32_t readers;    /* list of nodes since the last write: index into cells, or NONE */
} variable;

typedef struct value_info {
    uint32_t variable; /* that a ref or resource value denotes, or whose buffer a value shows; NONE */
    uint32_t origin;   /* node whose output began to show the buffer; NONE: not showing */
    uint32_t version;  /* writes when it began */
} value_info;

typedef struct pass {
    leat_plan_draft *d;
    variable *variables;
    size_t n_variables, variables_capacity;
    uint32_t
        *slots; /* by hash of the variable's address: index into variables, or NONE; at most half are taken */
    size_t n_slots; /* a power of two, or 0 */
    value_info *values;
    struct cell {
        uint32_t node, next;
    } * cells;
    size_t n_cells, cells_capacity;
    bool with_edges;
} pass;

/* The slot that holds the variable, or the free one where it belongs. */
static uint32_t *slot_of(const pass *p, const leat_var *var)
{
    size_t mask = p->n_slots - 1, at = (size_t)leat_hash(&var, sizeof var, 0) & mask;
    while (p->slots[at] != NONE && p->variables[p->slots[at]].var != var)
        at = (at + 1) & mask;
    return &p->slots[at];
}

static leat_status widen_slots(pass *p)
{
    size_t wanted = p->n_slots > 0 ? p->n_slots * 2 : 64;
    uint32_t *slots = leat_alloc(wanted * sizeof *slots);
    if (slots == NULL)
        return leat_fail_memory(wanted * sizeof *slots);
    memset(slots, 0xff, wanted * sizeof *slots);
    leat_free(p->slots);
    p->slots = slots;
    p->n_slots = wanted;
    for (size_t i = 0; i < p->n_variables; i++)
        *slot_of(p, p->variables[i].var) = (uint32_t)i;
    return LEAT_OK;
}

static leat_status variable_index(pass *p, leat_var *var, uint32_t *index)
{
    if (p->n_slots < 2 * (p->n_variables + 1))
        LEAT_TRY(widen_slots(p));
    uint32_t *slot = slot_of(p, var);
    *index = *slot;
    if (*slot != NONE)
        return LEAT_OK;
    LEAT_TRY(leat_grow(&p->variables, &p->variables_capacity, p->n_variables + 1, sizeof *p->variables));
    *index = *slot = (uint32_t)p->n_variables;
    p->variables[p->n_variables++] = (variable){.var = var, .last_write = NONE, .readers = NONE};
    return LEAT_OK;
}

static leat_status add_edge(pass *p, uint32_t from, uint32_t to)
{
    leat_plan_draft *d = p->d;
    if (!p->with_edges || from == NONE || from == to)
        return LEAT_OK;
    LEAT_TRY(leat_grow(&d->edges, &d->edges_capacity, d->n_edges + 1, sizeof *d->edges));
    d->edges[d->n_edges++] = (leat_edge){from, to};
    return LEAT_OK;
}

static leat_status read_by(pass *p, uint32_t index, uint32_t node)
{
    variable *v = &p->variables[index];
    LEAT_TRY(add_edge(p, v->last_write, node));
    if (v->readers != NONE && p->cells[v->readers].node == node)
        return LEAT_OK;
    LEAT_TRY(leat_grow(&p->cells, &p->cells_capacity, p->n_cells + 1, sizeof *p->cells));
    p->cells[p->n_cells] = (struct cell){node, v->readers};
    v->readers = (uint32_t)p->n_cells++;
    return LEAT_OK;
}

static leat_status written_by(pass *p, uint32_t index, uint32_t node)
{
    variable *v = &p->variables[index];
    LEAT_TRY(add_edge(p, v->last_write, node));
    for (uint32_t c = v->readers; c != NONE; c = p->cells[c].next)
        LEAT_TRY(add_edge(p, p->cells[c].node, node));
    v->readers = NONE;
    v->last_write = node;
    v->writes++;
    return LEAT_OK;
}

static bool denotes_variable(const leat_op_out *out)
{
    return out->is_ref || out->dtype == LEAT_RESOURCE;
}

/* What the node does to the variable that input i denotes. */
static bool writes_input(const leat_op *op, uint32_t i)
{
    unsigned flags = op->type->def->flags;
    if (flags & LEAT_OP_WRITES_VARS)
        return true;
    return (flags & LEAT_OP_WRITES_VAR) && i == 0;
}

bool leat_plan_arg_is_ref(const leat_op *op, uint32_t i)
{
    uint32_t at = 0;
    for (unsigned a = 0; a < op->type->n_in; a++) {
        const leat_arg_sig *arg = &op->type->in[a];
        uint32_t n = 1;
        if (arg->is_list && arg->number_attr >= 0)
            n = (uint32_t)op->attrs[arg->number_attr].value.i;
        else if (arg->is_list)
            n = op->attrs[arg->type_attr].value.n;
        if (i < at + n)
            return arg->is_ref;
        at += n;
    }
    return false;
}

static leat_status use_inputs(pass *p, uint32_t node)
{
    leat_plan *plan = p->d->plan;
    const leat_plan_node *n = &plan->nodes[node];
    const leat_op *op = n->op;
    /* Reads before writes: an op checks and reads all its inputs before its first write. */
    for (int writing = 0; writing < 2; writing++)
        for (uint32_t i = 0; i < op->n_inputs; i++) {
            uint32_t id = plan->inputs[n->in + i];
            if ((id & LEAT_TAG_MASK) || p->values[id].variable == NONE)
                continue;
            value_info *v = &p->values[id];
            if (v->origin != NONE) { /* shows the buffer */
                if (writing)
                    continue;
                if (v->version != p->variables[v->variable].writes)
                    plan->nodes[v->origin].flags |= LEAT_NODE_COPY;
                else
                    LEAT_TRY(read_by(p, v->variable, node));
                continue;
            }
            const leat_op_out *from = &op->inputs[i].op->outputs[op->inputs[i].index];
            bool writes =
                writes_input(op, i) && (leat_plan_arg_is_ref(op, i) || from->dtype == LEAT_RESOURCE);
            bool reads = from->dtype != LEAT_RESOURCE || (op->type->def->flags & LEAT_OP_READS_VAR);
            if (writing && writes)
                LEAT_TRY(written_by(p, v->variable, node));
            else if (!writing && !writes && reads)
                LEAT_TRY(read_by(p, v->variable, node));
        }
    return LEAT_OK;
}

static value_info shown_by_alias(const pass *p, const leat_plan_node *n, uint32_t node)
{
    const value_info none = {NONE, NONE, 0};
    unsigned flags = n->op->type->def->flags;
    if (!(flags & LEAT_OP_ALIAS) || (n->flags & LEAT_NODE_COPY) || n->op->n_inputs == 0)
        return none;
    uint32_t id = p->d->plan->inputs[n->in];
    if ((id & LEAT_TAG_MASK) || p->values[id].variable == NONE)
        return none;
    value_info v = p->values[id];
    if (v.origin == NONE) { /* a ref or a handle: this node begins to show the buffer */
        v.origin = node;
        v.version = p->variables[v.variable].writes;
    }
    return v;
}

/* The plan orders reads and writes by variable, so it must know which one a merged ref denotes. */
static leat_status check_merged(const pass *p, const leat_plan_node *n, uint32_t index)
{
    if (!(n->op->type->def->flags & LEAT_OP_MERGES))
        return LEAT_OK;
    for (uint32_t i = 0; i < n->op->n_inputs; i++) {
        uint32_t id = p->d->plan->inputs[n->in + i];
        if ((id & LEAT_TAG_MASK) || p->values[id].variable != index)
            return leat_op_fail(n->op, LEAT_ERR_UNIMPLEMENTED,
                                "its inputs are not refs of one and the same variable");
    }
    return LEAT_OK;
}

/* The input that output ref k is the ref of: that of the same place, else input 0. All outputs of a Switch are its data's,
 * even where pred is a variable too. */
static uint32_t denoted_input(const leat_op *op, uint32_t k)
{
    if ((op->type->def->flags & LEAT_OP_SWITCHES) || k >= op->n_inputs)
        return 0;
    return denotes_variable(&op->inputs[k].op->outputs[op->inputs[k].index]) ? k : 0;
}

static leat_status set_outputs(pass *p, uint32_t node)
{
    leat_plan *plan = p->d->plan;
    const leat_plan_node *n = &plan->nodes[node];
    const leat_op *op = n->op;
    for (uint32_t k = 0; k < op->n_outputs; k++) {
        value_info v = {NONE, NONE, 0};
        if (leat_op_is_variable(op)) {
            leat_var *var = leat_state_var(plan->state, op);
            if (var == NULL)
                return leat_fail_memory(sizeof *var);
            LEAT_TRY(variable_index(p, var, &v.variable));
        } else if (denotes_variable(&op->outputs[k])) {
            uint32_t i = denoted_input(op, k);
            uint32_t id = op->n_inputs > 0 ? plan->inputs[n->in + i] : LEAT_CONST_TAG;
            if (!(id & LEAT_TAG_MASK))
                v.variable = p->values[id].variable;
            LEAT_TRY(check_merged(p, n, v.variable));
        } else if (k == 0 || (op->type->def->flags & LEAT_OP_SWITCHES)) {
            v = shown_by_alias(p, n, node);
        }
        p->values[n->out + k] = v;
    }
    return LEAT_OK;
}

static leat_status run_pass(pass *p, bool with_edges)
{
    p->with_edges = with_edges;
    p->n_variables = p->n_cells = 0;
    if (p->n_slots > 0)
        memset(p->slots, 0xff, p->n_slots * sizeof *p->slots);
    for (uint32_t node = 0; node < p->d->plan->n_nodes; node++) {
        LEAT_TRY(use_inputs(p, node));
        LEAT_TRY(set_outputs(p, node));
    }
    return LEAT_OK;
}

leat_status leat_plan_order_state(leat_plan_draft *d)
{
    bool any = false;
    for (uint32_t i = 0; i < d->plan->n_nodes && !any; i++)
        any = leat_op_is_variable(d->plan->nodes[i].op);
    if (!any)
        return LEAT_OK;
    pass p = {.d = d};
    p.values = leat_alloc(((size_t)d->n_node_values + 1) * sizeof *p.values);
    leat_status status = p.values == NULL ? leat_fail_memory(d->n_node_values * sizeof *p.values) : LEAT_OK;
    if (status == LEAT_OK)
        status = run_pass(&p, false);
    if (status == LEAT_OK)
        status = run_pass(&p, true);
    leat_free(p.values);
    leat_free(p.variables);
    leat_free(p.slots);
    leat_free(p.cells);
    return status;
}
