/* plan-state.c - edges that keep every variable's reads and writes in serial order, and which reads follow a variable.
 *
 * The serial order is what a run means. For each variable, every read is ordered with every write, and writes with one
 * another, as they stand in it; reads among themselves stay free. A value that merely shows a variable's buffer (Identity of
 * a ref, ReadVariableOp, and Reshape and the like behind them) makes its consumers readers too.
 *
 * Where such a consumer comes after a later write, TensorFlow does this:
 *   - ReadVariableOp gives a value that no later write changes.
 *   - Of a ref variable, Identity and the like hand on the buffer itself, and every write happens in it (AssignAdd, Apply*, Scatter*,
 *     and Assign of as many elements), so that the consumer sees what the buffer holds when it runs. Where the graph's edges say
 *     that it runs after the write, that is the new content, whenever the Identity ran; where they do not, it is a race.
 *   - An Assign of another number of elements (validate_shape=False) gives the variable another buffer. Values made before keep
 *     the old one, which no later write reaches.
 *   - What is fetched is looked at when the run is over: of a ref variable, the content after all writes.
 * So a consumer of a shown ref variable that has a write among its ancestors *follows* the variable: it reads the buffer, not what
 * the value held when it was made, and is a reader as any other. A fetch follows, too. Else, and always with resources, the op that
 * made the showing value copies, and its consumers are readers no more: a value stays what it was for those who do not wait for a
 * write, which is the serial order's one of the outcomes of the race. One value may be both copied and followed.
 * (Some kernels of TensorFlow also hand on a buffer where a shape or a value lets them: Slice and StridedSlice of whole aligned rows,
 * Pad by nothing, Tile by 1, Bitcast, IdentityN, ... Leat's compute, or copy: they give the content of when they run. AssignVariableOp of a buffer shown makes it the resource's own,
 * too, in TensorFlow; here it copies.)
 *
 * Two passes over the nodes in serial order:
 *   1. count the writes of each variable; a consumer of a showing value that meets a newer count is marked as following, or marks
 *      the value's origin as copying;
 *   2. with those marks settled, add the edges.
 * An origin is the node that began to show: the first behind the ref or handle, one that follows (what it hands on is as new as
 * itself), and Merge, which copies what it takes. */
#include <string.h>
#include "plan-parts-private.h"

#define NONE UINT32_MAX

typedef struct variable {
    leat_var *var;
    uint32_t writes;     /* so far in this pass */
    uint32_t last_write; /* node, or NONE */
    uint32_t readers;    /* list of nodes since the last write: index into cells, or NONE */
    uint32_t writers;    /* list of all that have written, last first */
} variable;

typedef struct value_info {
    uint32_t variable; /* that a ref or resource value denotes, or whose buffer a value shows; NONE */
    uint32_t origin;   /* node whose output began to show the buffer; NONE: not showing */
    uint32_t version;  /* writes when it began, or when the ref was made */
    bool of_ref;       /* the ref, or the buffer, of a ref variable: may be followed */
} value_info;

static const value_info no_variable = {NONE, NONE, 0, false};

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
    uint32_t *since; /* the writers of a question */
    size_t since_capacity;
    uint8_t *follows; /* by plan->inputs: the input follows its variable */
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
    p->variables[p->n_variables++] =
        (variable){.var = var, .last_write = NONE, .readers = NONE, .writers = NONE};
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

static leat_status put_cell(pass *p, uint32_t *list, uint32_t node)
{
    LEAT_TRY(leat_grow(&p->cells, &p->cells_capacity, p->n_cells + 1, sizeof *p->cells));
    p->cells[p->n_cells] = (struct cell){node, *list};
    *list = (uint32_t)p->n_cells++;
    return LEAT_OK;
}

static leat_status read_by(pass *p, uint32_t index, uint32_t node)
{
    variable *v = &p->variables[index];
    LEAT_TRY(add_edge(p, v->last_write, node));
    if (v->readers != NONE && p->cells[v->readers].node == node)
        return LEAT_OK;
    return put_cell(p, &v->readers, node);
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
    return put_cell(p, &v->writers, node);
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

/* Does the graph say that the node runs after a write that came after the value was made? */
static leat_status waits_for_write(pass *p, const value_info *v, uint32_t node, bool *waits)
{
    const variable *var = &p->variables[v->variable];
    uint32_t n = var->writes - v->version, i = 0;
    LEAT_TRY(leat_grow(&p->since, &p->since_capacity, n, sizeof *p->since));
    for (uint32_t c = var->writers; i < n; c = p->cells[c].next)
        p->since[i++] = p->cells[c].node;
    return leat_plan_reaches(p->d, p->since, n, node, waits);
}

/* Does input i denote a variable that the node writes? */
static bool writes(const pass *p, const leat_plan_node *n, uint32_t i)
{
    uint32_t id = p->d->plan->inputs[n->in + i];
    const leat_out from = n->op->inputs[i];
    if ((id & LEAT_TAG_MASK) || p->values[id].variable == NONE || p->values[id].origin != NONE)
        return false;
    return writes_input(n->op, i) &&
           (leat_plan_arg_is_ref(n->op, i) || from.op->outputs[from.index].dtype == LEAT_RESOURCE);
}

static bool writes_variable(const pass *p, const leat_plan_node *n, uint32_t index)
{
    for (uint32_t i = 0; i < n->op->n_inputs; i++)
        if (writes(p, n, i) && p->values[p->d->plan->inputs[n->in + i]].variable == index)
            return true;
    return false;
}

static void let_follow(pass *p, uint32_t node, uint32_t at, uint32_t origin)
{
    p->follows[at] = 1;
    p->d->plan->nodes[node].flags |= LEAT_NODE_FOLLOWS;
    p->d->plan->nodes[origin].flags |= LEAT_NODE_LIVE;
}

/* Input `at` of the plan, of this node, shows the buffer. Who writes into what it reads reads what it has written, where the order
 * of its own elements lets it (Scatter*), even if the value has been copied for the sake of others. */
static leat_status use_shown(pass *p, uint32_t node, uint32_t at)
{
    leat_plan_node *nodes = p->d->plan->nodes;
    const value_info *v = &p->values[p->d->plan->inputs[at]];
    bool newer = v->version != p->variables[v->variable].writes,
         copied = nodes[v->origin].flags & LEAT_NODE_COPY;
    if (!p->with_edges && newer) {
        bool waits = false;
        if (v->of_ref)
            LEAT_TRY(waits_for_write(p, v, node, &waits));
        if (waits)
            let_follow(p, node, at, v->origin);
        else
            nodes[v->origin].flags |= LEAT_NODE_COPY;
    }
    if (p->with_edges && !newer && copied && v->of_ref && writes_variable(p, &nodes[node], v->variable))
        let_follow(p, node, at, v->origin);
    if (p->follows[at] || !(nodes[v->origin].flags & LEAT_NODE_COPY))
        return read_by(p, v->variable, node);
    return LEAT_OK;
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
            const value_info *v = &p->values[id];
            if (v->origin != NONE) {
                if (!writing)
                    LEAT_TRY(use_shown(p, node, n->in + i));
                continue;
            }
            const leat_op_out *from = &op->inputs[i].op->outputs[op->inputs[i].index];
            bool written = writes(p, n, i);
            bool reads = from->dtype != LEAT_RESOURCE || (op->type->def->flags & LEAT_OP_READS_VAR);
            if (writing && written)
                LEAT_TRY(written_by(p, v->variable, node));
            else if (!writing && !written && reads)
                LEAT_TRY(read_by(p, v->variable, node));
        }
    return LEAT_OK;
}

static value_info shown_by_alias(const pass *p, const leat_plan_node *n, uint32_t node)
{
    if (!(n->op->type->def->flags & LEAT_OP_ALIAS) || n->op->n_inputs == 0)
        return no_variable;
    uint32_t id = p->d->plan->inputs[n->in];
    if ((id & LEAT_TAG_MASK) || p->values[id].variable == NONE)
        return no_variable;
    value_info v = p->values[id];
    if (v.origin != NONE && !p->follows[n->in])
        return v;
    v.origin = node;
    v.version = p->variables[v.variable].writes;
    return v;
}

/* Merge copies what it takes; as in TensorFlow, who waits for a write follows the variable through it, if the value taken shows one.
 * Where the values show several, nobody does. */
static value_info shown_by_merge(const pass *p, const leat_plan_node *n, uint32_t node)
{
    value_info v = no_variable;
    for (uint32_t i = 0; i < n->op->n_inputs; i++) {
        uint32_t id = p->d->plan->inputs[n->in + i];
        if ((id & LEAT_TAG_MASK) || !p->values[id].of_ref)
            continue;
        value_info in = p->values[id];
        if (v.variable != NONE && v.variable != in.variable)
            return no_variable;
        if (p->follows[n->in + i] || in.origin == NONE)
            in.version = p->variables[in.variable].writes;
        if (v.variable == NONE || in.version < v.version)
            v = in;
    }
    if (v.variable != NONE)
        v.origin = node;
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
        value_info v = no_variable;
        if (op->type->def->flags & LEAT_OP_DENOTES) {
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
        } else if (k == 0 && (op->type->def->flags & LEAT_OP_MERGES)) {
            v = shown_by_merge(p, n, node);
            plan->nodes[node].flags |= v.variable != NONE ? LEAT_NODE_COPY : 0;
        } else if (k == 0 || (op->type->def->flags & LEAT_OP_SWITCHES)) {
            v = shown_by_alias(p, n, node);
        }
        if (v.variable != NONE && v.origin == NONE) {
            v.version = p->variables[v.variable].writes;
            v.of_ref = op->outputs[k].is_ref;
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

/* ---- what follows what, for the run ---- */

/* Fetches of what a ref variable's buffer shows are looked at after its last write. */
static leat_status mark_late(pass *p)
{
    leat_plan *plan = p->d->plan;
    plan->late = leat_alloc(((size_t)plan->n_captures + 1) * sizeof *plan->late);
    if (plan->late == NULL)
        return leat_fail_memory(plan->n_captures * sizeof *plan->late);
    for (uint32_t c = 0; c < plan->n_captures; c++) {
        uint32_t id = plan->captured[c];
        const value_info *v = (id & LEAT_TAG_MASK) ? &no_variable : &p->values[id];
        plan->late[c] = LEAT_NO_VALUE;
        if (!v->of_ref || v->version == p->variables[v->variable].writes)
            continue;
        plan->late[c] = v->origin == NONE ? LEAT_LATE_REF : v->origin; /* a node as yet */
        if (v->origin != NONE)
            plan->nodes[v->origin].flags |= LEAT_NODE_LIVE;
    }
    return LEAT_OK;
}

/* The origin of what the node's input i shows, if the node hands it on to those who follow; else NONE. */
static uint32_t handed_on(const pass *p, const leat_plan_node *n, uint32_t i)
{
    uint32_t id = p->d->plan->inputs[n->in + i];
    bool merges = (n->op->type->def->flags & LEAT_OP_MERGES) != 0;
    if (!(n->flags & LEAT_NODE_LIVE) || (i > 0 && !merges) || (id & LEAT_TAG_MASK) || !p->values[id].of_ref)
        return NONE;
    return p->values[id].origin;
}

/* What hands a buffer on must have it, too: from the last node to the first, since origins come before. */
static uint32_t mark_live(pass *p, uint32_t *n_follows)
{
    leat_plan *plan = p->d->plan;
    uint32_t n_lives = 0;
    for (uint32_t node = plan->n_nodes; node-- > 0;) {
        const leat_plan_node *n = &plan->nodes[node];
        n_lives += (n->flags & LEAT_NODE_LIVE) != 0;
        for (uint32_t i = 0; i < n->op->n_inputs; i++) {
            uint32_t origin = handed_on(p, n, i);
            if (origin != NONE)
                plan->nodes[origin].flags |= LEAT_NODE_LIVE;
            *n_follows += origin != NONE || p->follows[n->in + i];
        }
    }
    return n_lives;
}

static void number_follows(pass *p)
{
    leat_plan *plan = p->d->plan;
    for (uint32_t node = 0; node < plan->n_nodes; node++) {
        leat_plan_node *n = &plan->nodes[node];
        if (n->flags & LEAT_NODE_LIVE)
            plan->live_of[node] = plan->n_lives++;
        for (uint32_t i = 0; i < n->op->n_inputs; i++) {
            uint32_t at = n->in + i;
            plan->follow_of[at] = LEAT_NO_VALUE;
            if (!p->follows[at] && handed_on(p, n, i) == NONE)
                continue;
            plan->follow_of[at] = plan->n_follows;
            plan->follows[plan->n_follows++] =
                (leat_follow){plan->live_of[p->values[plan->inputs[at]].origin], p->follows[at]};
        }
    }
    for (uint32_t c = 0; c < plan->n_captures; c++)
        if (plan->late[c] < LEAT_LATE_REF)
            plan->late[c] = plan->live_of[plan->late[c]];
}

static leat_status note_follows(pass *p)
{
    leat_plan *plan = p->d->plan;
    uint32_t n_follows = 0;
    LEAT_TRY(mark_late(p));
    if (mark_live(p, &n_follows) == 0)
        return LEAT_OK;
    plan->live_of = leat_alloc(((size_t)plan->n_nodes + 1) * sizeof *plan->live_of);
    plan->follow_of = leat_alloc(((size_t)plan->n_inputs + 1) * sizeof *plan->follow_of);
    plan->follows = leat_alloc(((size_t)n_follows + 1) * sizeof *plan->follows);
    if (!plan->live_of || !plan->follow_of || !plan->follows)
        return leat_fail_memory(plan->n_inputs * sizeof *plan->follow_of);
    number_follows(p);
    return LEAT_OK;
}

leat_status leat_plan_order_state(leat_plan_draft *d)
{
    bool any = false;
    for (uint32_t i = 0; i < d->plan->n_nodes && !any; i++)
        any = (d->plan->nodes[i].op->type->def->flags & LEAT_OP_DENOTES) != 0;
    if (!any)
        return LEAT_OK;
    pass p = {.d = d};
    p.values = leat_alloc(((size_t)d->n_node_values + 1) * sizeof *p.values);
    p.follows = leat_alloc_zero((size_t)d->plan->n_inputs + 1, 1);
    leat_status status = p.values == NULL || p.follows == NULL
                             ? leat_fail_memory(d->n_node_values * sizeof *p.values)
                             : LEAT_OK;
    if (status == LEAT_OK)
        status = run_pass(&p, false);
    if (status == LEAT_OK)
        status = run_pass(&p, true);
    if (status == LEAT_OK)
        status = note_follows(&p);
    leat_free(p.values);
    leat_free(p.follows);
    leat_free(p.variables);
    leat_free(p.slots);
    leat_free(p.cells);
    leat_free(p.since);
    return status;
}
