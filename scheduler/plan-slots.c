/* plan-slots.c - which values share memory.
 *
 * Values that show one buffer (aliases, and an output computed in place of its input) form a group with one slot. A slot may
 * pass from group X to the output of node Y only if every consumer of X is an ancestor of Y: then under any schedule all who
 * read X have finished before Y starts. Slots have no sizes: a frame's slot grows to the largest value that it has held, which
 * needs no shapes beforehand and, after the first run, no allocation. Constants, fed and fetched values and variables' buffers
 * are in no slot. */
#include <string.h>
#include "plan-parts-private.h"

#define NONE UINT32_MAX
#define SEARCH_NODES 64 /* ancestors looked at for one node */
#define CANDIDATES 16   /* freed slots remembered */

typedef struct slots {
    leat_plan_draft *d;
    leat_plan *p;
    uint32_t *leader;            /* by node value: an older member of its group, or itself */
    bool *outside;               /* by leader: in no slot */
    uint32_t *use_begin, *uses;  /* by leader: consuming nodes */
    uint32_t *last_use;          /* by leader: the greatest consumer, or its producer */
    uint32_t *pred_begin, *pred; /* the graph's edges backwards */
    uint32_t *stamp;             /* by node: the node whose ancestors it was last found among */
    struct {
        uint32_t slot, leader;
    } candidates[CANDIDATES];
    unsigned n_candidates;
} slots;

static uint32_t lead(const slots *s, uint32_t value)
{
    while (s->leader[value] != value) {
        s->leader[value] = s->leader[s->leader[value]]; /* halve the path */
        value = s->leader[value];
    }
    return value;
}

static void join(slots *s, uint32_t older, uint32_t newer)
{
    uint32_t a = lead(s, older), b = lead(s, newer);
    s->leader[b] = a;
    s->outside[a] |= s->outside[b];
}

static bool is_node_value(uint32_t id)
{
    return (id & LEAT_TAG_MASK) == 0;
}

/* ---- groups ---- */

/* Does the node read its input i from a variable's buffer, whatever the input's own value is? */
static bool follows(const leat_plan *p, const leat_plan_node *n, uint32_t i)
{
    if (!(n->flags & LEAT_NODE_FOLLOWS))
        return false;
    uint32_t follow = p->follow_of[n->in + i];
    return follow != LEAT_NO_VALUE && p->follows[follow].current;
}

static bool fetched(const slots *s, uint32_t value)
{
    return s->p->value_capture[value] != LEAT_NO_VALUE;
}

/* Aliases join their input's group; whoever shows something that has no slot is outside itself: so does a constant that waits
 * for others, and is a node therefore. Its tensor is the graph's, and must never be computed over. */
static void group_aliases(slots *s)
{
    for (uint32_t node = 0; node < s->p->n_nodes; node++) {
        const leat_plan_node *n = &s->p->nodes[node];
        const leat_op *op = n->op;
        bool constant = strcmp(op->type_name, "Const") == 0;
        for (uint32_t k = 0; k < op->n_outputs; k++) {
            const leat_op_out *o = &op->outputs[k];
            s->leader[n->out + k] = n->out + k;
            s->outside[n->out + k] = constant || o->is_ref || o->dtype == LEAT_STRING ||
                                     o->dtype == LEAT_RESOURCE || o->dtype == LEAT_VARIANT ||
                                     fetched(s, n->out + k);
        }
        if (!(op->type->def->flags & LEAT_OP_ALIAS) || op->n_inputs == 0 || op->n_outputs == 0)
            continue;
        uint32_t in = s->p->inputs[n->in];
        uint32_t shown = (op->type->def->flags & LEAT_OP_SWITCHES) ? op->n_outputs : 1;
        bool of_variable = op->inputs[0].op->outputs[op->inputs[0].index].is_ref ||
                           (op->type->def->flags & LEAT_OP_READS_VAR) || follows(s->p, n, 0);
        for (uint32_t k = 0; k < shown; k++)
            if (of_variable)
                s->outside[n->out + k] |= !(n->flags & LEAT_NODE_COPY);
            else if (!is_node_value(in))
                s->outside[n->out + k] = true;
            else
                join(s, in, n->out + k);
    }
}

static leat_status count_uses(slots *s)
{
    leat_plan *p = s->p;
    uint32_t values = s->d->n_node_values;
    for (uint32_t i = 0; i < p->n_inputs; i++)
        if (is_node_value(p->inputs[i]))
            s->use_begin[lead(s, p->inputs[i]) + 1]++;
    for (uint32_t v = 0; v < values; v++)
        s->use_begin[v + 1] += s->use_begin[v];
    for (uint32_t node = 0; node < p->n_nodes; node++) {
        const leat_plan_node *n = &p->nodes[node];
        for (uint32_t i = 0; i < n->op->n_inputs; i++) {
            uint32_t id = p->inputs[n->in + i];
            if (is_node_value(id)) {
                uint32_t l = lead(s, id);
                s->uses[s->use_begin[l]++] = node;
            }
        }
    }
    for (uint32_t v = values; v > 0; v--) /* the fill moved each begin to the next one's */
        s->use_begin[v] = s->use_begin[v - 1];
    s->use_begin[0] = 0;
    return LEAT_OK;
}

/* Output 0 may be computed in place of an input that only this node uses, once, of the same dtype and static shape. */
static void choose_inplace(slots *s)
{
    for (uint32_t node = 0; node < s->p->n_nodes; node++) {
        leat_plan_node *n = &s->p->nodes[node];
        const leat_op *op = n->op;
        if (!(op->type->def->flags & LEAT_OP_INPLACE) || op->n_outputs == 0 || s->outside[lead(s, n->out)])
            continue;
        for (uint32_t i = 0; i < op->n_inputs && n->inplace < 0; i++) {
            uint32_t id = s->p->inputs[n->in + i];
            if (!is_node_value(id) || follows(s->p, n, i))
                continue;
            uint32_t l = lead(s, id);
            const leat_op_out *from = &op->inputs[i].op->outputs[op->inputs[i].index];
            bool alone = s->use_begin[l + 1] - s->use_begin[l] == 1 && s->leader[id] == id && l == id;
            if (alone && !s->outside[l] && from->dtype == op->outputs[0].dtype &&
                leat_shape_equal(*from->shape, *op->outputs[0].shape))
                n->inplace = (int16_t)i;
        }
    }
    /* Only now, that no use count is asked for any more, do the groups grow together. */
    for (uint32_t node = 0; node < s->p->n_nodes; node++)
        if (s->p->nodes[node].inplace >= 0)
            join(s, s->p->inputs[s->p->nodes[node].in + (uint32_t)s->p->nodes[node].inplace],
                 s->p->nodes[node].out);
}

/* ---- slots ---- */

static void reverse_edges(slots *s)
{
    const leat_plan *p = s->p;
    for (uint32_t i = 0; i < p->n_nodes; i++)
        s->pred_begin[i + 1] = s->pred_begin[i] + p->pending[i];
    for (uint32_t i = 0; i < p->n_nodes; i++)
        for (uint32_t e = p->succ_begin[i]; e < p->succ_begin[i + 1]; e++)
            s->pred[s->pred_begin[p->succ[e]]++] = i;
    for (uint32_t i = p->n_nodes; i > 0; i--)
        s->pred_begin[i] = s->pred_begin[i - 1];
    s->pred_begin[0] = 0;
}

/* Stamps up to SEARCH_NODES ancestors of `node`, nearest first. */
static void stamp_ancestors(slots *s, uint32_t node)
{
    uint32_t queue[SEARCH_NODES], head = 0, tail = 0;
    uint32_t at = node;
    for (;;) {
        for (uint32_t e = s->pred_begin[at]; e < s->pred_begin[at + 1] && tail < SEARCH_NODES; e++) {
            uint32_t a = s->pred[e];
            if (s->stamp[a] == node)
                continue;
            s->stamp[a] = node;
            queue[tail++] = a;
        }
        if (head == tail)
            return;
        at = queue[head++];
    }
}

static bool all_uses_before(const slots *s, uint32_t leader, uint32_t node)
{
    for (uint32_t u = s->use_begin[leader]; u < s->use_begin[leader + 1]; u++)
        if (s->stamp[s->uses[u]] != node)
            return false;
    return true;
}

static void assign(slots *s, uint32_t node, uint32_t leader, bool *stamped)
{
    if (s->n_candidates > 0 && !*stamped) {
        stamp_ancestors(s, node);
        *stamped = true;
    }
    for (unsigned i = s->n_candidates; i-- > 0;)
        if (all_uses_before(s, s->candidates[i].leader, node)) {
            s->p->value_slot[leader] = s->candidates[i].slot;
            memmove(&s->candidates[i], &s->candidates[i + 1],
                    (s->n_candidates - i - 1) * sizeof s->candidates[0]);
            s->n_candidates--;
            return;
        }
    s->p->value_slot[leader] = s->p->n_slots++;
}

static void release(slots *s, uint32_t leader)
{
    if (s->n_candidates == CANDIDATES) {
        memmove(&s->candidates[0], &s->candidates[1], (CANDIDATES - 1) * sizeof s->candidates[0]);
        s->n_candidates--;
    }
    s->candidates[s->n_candidates].slot = s->p->value_slot[leader];
    s->candidates[s->n_candidates++].leader = leader;
}

static void assign_all(slots *s)
{
    leat_plan *p = s->p;
    for (uint32_t v = 0; v < s->d->n_node_values; v++) {
        s->last_use[v] = 0;
        p->value_slot[v] = LEAT_NO_SLOT;
    }
    for (uint32_t node = 0; node < p->n_nodes; node++) {
        const leat_plan_node *n = &p->nodes[node];
        for (uint32_t k = 0; k < n->op->n_outputs; k++)
            s->last_use[lead(s, n->out + k)] = node; /* nodes ascend, so the last one stays */
        for (uint32_t i = 0; i < n->op->n_inputs; i++)
            if (is_node_value(p->inputs[n->in + i]))
                s->last_use[lead(s, p->inputs[n->in + i])] = node;
    }
    for (uint32_t node = 0; node < p->n_nodes; node++) {
        const leat_plan_node *n = &p->nodes[node];
        bool stamped = false;
        for (uint32_t k = 0; k < n->op->n_outputs; k++) {
            uint32_t v = n->out + k, l = lead(s, v);
            if (l == v && !s->outside[l])
                assign(s, node, l, &stamped);
            else
                p->value_slot[v] = p->value_slot[l];
        }
        for (uint32_t i = 0; i < n->op->n_inputs; i++) {
            uint32_t id = p->inputs[n->in + i], l = is_node_value(id) ? lead(s, id) : NONE;
            if (l != NONE && s->last_use[l] == node && p->value_slot[l] != LEAT_NO_SLOT) {
                s->last_use[l] = NONE; /* once */
                release(s, l);
            }
        }
    }
}

/* An Assign may keep the memory of a value in a slot that it alone uses, and that shows nobody else's: whoever has the slot
 * next comes after the Assign, and finds what memory the slot has then. */
static void choose_takers(slots *s)
{
    leat_plan *p = s->p;
    uint32_t *uses = s->last_use; /* by value now, not by group */
    memset(uses, 0, (size_t)s->d->n_node_values * sizeof *uses);
    for (uint32_t i = 0; i < p->n_inputs; i++)
        if (is_node_value(p->inputs[i]))
            uses[p->inputs[i]]++;
    for (uint32_t node = 0; node < p->n_nodes; node++) {
        const leat_op *op = p->nodes[node].op;
        if (!(op->type->def->flags & LEAT_OP_TAKES))
            continue;
        uint32_t id = p->inputs[p->nodes[node].in + 1];
        if (is_node_value(id) && uses[id] == 1 && p->value_slot[id] != LEAT_NO_SLOT &&
            !follows(p, &p->nodes[node], 1) && !(op->inputs[1].op->type->def->flags & LEAT_OP_ALIAS))
            p->nodes[node].flags |= LEAT_NODE_TAKES;
    }
}

static leat_status allocate(slots *s)
{
    size_t values = (size_t)s->d->n_node_values + 2, nodes = (size_t)s->p->n_nodes + 2;
    size_t edges = s->p->n_nodes > 0 ? s->p->succ_begin[s->p->n_nodes] : 0;
    s->leader = leat_alloc(values * sizeof *s->leader);
    s->outside = leat_alloc_zero(values, sizeof *s->outside);
    s->use_begin = leat_alloc_zero(values, sizeof *s->use_begin);
    s->uses = leat_alloc(((size_t)s->p->n_inputs + 1) * sizeof *s->uses);
    s->last_use = leat_alloc(values * sizeof *s->last_use);
    s->pred_begin = leat_alloc_zero(nodes, sizeof *s->pred_begin);
    s->pred = leat_alloc((edges + 1) * sizeof *s->pred);
    s->stamp = leat_alloc(nodes * sizeof *s->stamp);
    if (!s->leader || !s->outside || !s->use_begin || !s->uses || !s->last_use || !s->pred_begin ||
        !s->pred || !s->stamp)
        return leat_fail_memory(values * sizeof *s->leader);
    memset(s->stamp, 0xff, nodes * sizeof *s->stamp);
    return LEAT_OK;
}

leat_status leat_plan_slots(leat_plan_draft *d)
{
    slots s = {.d = d, .p = d->plan};
    leat_status status = allocate(&s);
    if (status == LEAT_OK) {
        group_aliases(&s);
        status = count_uses(&s);
    }
    if (status == LEAT_OK) {
        choose_inplace(&s);
        /* Groups have grown: count their uses again. */
        memset(s.use_begin, 0, ((size_t)d->n_node_values + 2) * sizeof *s.use_begin);
        status = count_uses(&s);
        reverse_edges(&s);
        assign_all(&s);
        choose_takers(&s);
    }
    leat_free(s.leader);
    leat_free(s.outside);
    leat_free(s.use_begin);
    leat_free(s.uses);
    leat_free(s.last_use);
    leat_free(s.pred_begin);
    leat_free(s.pred);
    leat_free(s.stamp);
    return status;
}
