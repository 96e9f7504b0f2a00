/* plan-reach.c - what a run's graph says about before and after: is a write of a variable an ancestor of a node?
 *
 * Only edges of the graph count, not those that the plan adds: they are what TensorFlow must obey, too. The walk goes
 * backwards from the node, and turns away from nodes behind which no write lies that is young enough: so what never waits for
 * an update, the most frequent case, is answered at once. */
#include "plan-parts-private.h"

typedef struct leat_reach {
    uint32_t
        *latest; /* by node: 1 + the greatest id among it and its ancestors that write variables; 0: none */
    uint32_t *stamp; /* by node: 2 * query where it is looked for, 2 * query + 1 where the walk has been */
    uint32_t *stack;
    uint32_t query, n;
} leat_reach;

static bool writes_variable(const leat_op *op)
{
    return (op->type->def->flags & (LEAT_OP_WRITES_VAR | LEAT_OP_WRITES_VARS)) != 0;
}

/* The i-th node that a node waits for, inputs first; LEAT_NO_NODE where that is none. */
static uint32_t predecessor(const leat_plan_draft *d, const leat_op *op, uint32_t i)
{
    return i < op->n_inputs ? leat_plan_input_node(d, op, i)
                            : leat_plan_control_node(d, op, i - op->n_inputs);
}

static void find_latest(const leat_plan_draft *d, leat_reach *r)
{
    for (uint32_t node = 0; node < d->plan->n_nodes; node++) {
        const leat_op *op = d->plan->nodes[node].op;
        uint32_t latest = writes_variable(op) ? node + 1 : 0;
        for (uint32_t i = 0; i < op->n_inputs + op->n_controls; i++) {
            uint32_t from = predecessor(d, op, i);
            if (from != LEAT_NO_NODE)
                latest = LEAT_MAX(latest, r->latest[from]);
        }
        r->latest[node] = latest;
    }
}

static leat_status make(leat_plan_draft *d)
{
    size_t n = (size_t)d->plan->n_nodes + 1;
    leat_reach *r = d->reach = leat_alloc_zero(1, sizeof *r);
    if (r == NULL)
        return leat_fail_memory(sizeof *r);
    r->latest = leat_alloc(n * sizeof *r->latest);
    r->stamp = leat_alloc_zero(n, sizeof *r->stamp);
    r->stack = leat_alloc(n * sizeof *r->stack);
    if (!r->latest || !r->stamp || !r->stack)
        return leat_fail_memory(n * sizeof *r->stack);
    find_latest(d, r);
    return LEAT_OK;
}

/* Pushes what `node` waits for; true where one of the nodes looked for is among it. */
static bool expand(const leat_plan_draft *d, leat_reach *r, uint32_t node, uint32_t oldest)
{
    const leat_op *op = d->plan->nodes[node].op;
    for (uint32_t i = 0; i < op->n_inputs + op->n_controls; i++) {
        uint32_t from = predecessor(d, op, i);
        if (from == LEAT_NO_NODE || r->latest[from] <= oldest || r->stamp[from] == 2 * r->query + 1)
            continue;
        if (r->stamp[from] == 2 * r->query)
            return true;
        r->stamp[from] = 2 * r->query + 1;
        r->stack[r->n++] = from; /* once a query: there is room */
    }
    return false;
}

leat_status leat_plan_reaches(leat_plan_draft *d, const uint32_t *from, uint32_t n, uint32_t node,
                              bool *reaches)
{
    *reaches = false;
    if (n == 0)
        return LEAT_OK;
    if (d->reach == NULL)
        LEAT_TRY(make(d));
    leat_reach *r = d->reach;
    r->query++;
    for (uint32_t i = 0; i < n; i++)
        r->stamp[from[i]] = 2 * r->query;
    r->n = 0;
    r->stack[r->n++] = node;
    while (r->n > 0 && !*reaches)
        *reaches = expand(d, r, r->stack[--r->n], from[n - 1]);
    return LEAT_OK;
}

void leat_plan_reach_free(leat_plan_draft *d)
{
    if (d->reach == NULL)
        return;
    leat_free(d->reach->latest);
    leat_free(d->reach->stamp);
    leat_free(d->reach->stack);
    leat_free(d->reach);
    d->reach = NULL;
}
