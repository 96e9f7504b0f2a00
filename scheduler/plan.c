/* plan.c - making and freeing plans: the steps in order, and the edges frozen to rows. */
#include <string.h>
#include "plan-parts-private.h"

/* ---- edges ---- */

typedef leat_status edge_fn(leat_plan_draft *d, uint32_t from, uint32_t to);

static leat_status count_edge(leat_plan_draft *d, uint32_t from, uint32_t to)
{
    d->plan->succ_begin[from + 1]++;
    d->plan->pending[to]++;
    return LEAT_OK;
}

static leat_status fill_edge(leat_plan_draft *d, uint32_t from, uint32_t to)
{
    d->plan->succ[d->plan->succ_begin[from]++] = to;
    return LEAT_OK;
}

/* Every edge of the plan, in the order of their heads; twice the same between two nodes is harmless: it counts twice. */
static leat_status each_edge(leat_plan_draft *d, edge_fn *fn)
{
    leat_plan *p = d->plan;
    for (uint32_t node = 0; node < p->n_nodes; node++) {
        const leat_op *op = p->nodes[node].op;
        for (uint32_t i = 0; i < op->n_inputs; i++) {
            uint32_t from = leat_plan_input_node(d, op, i);
            if (from != LEAT_NO_NODE)
                LEAT_TRY(fn(d, from, node));
        }
        for (uint32_t i = 0; i < op->n_controls; i++) {
            uint32_t from = leat_plan_control_node(d, op, i);
            if (from != LEAT_NO_NODE)
                LEAT_TRY(fn(d, from, node));
        }
    }
    for (size_t i = 0; i < d->n_edges; i++)
        LEAT_TRY(fn(d, d->edges[i].from, d->edges[i].to));
    return LEAT_OK;
}

/* Edges to rows (CSR). */
static leat_status freeze_edges(leat_plan_draft *d)
{
    leat_plan *p = d->plan;
    p->succ_begin = leat_alloc_zero((size_t)p->n_nodes + 2, sizeof *p->succ_begin);
    p->pending = leat_alloc_zero((size_t)p->n_nodes + 1, sizeof *p->pending);
    if (p->succ_begin == NULL || p->pending == NULL)
        return leat_fail_memory(p->n_nodes * sizeof *p->pending);
    LEAT_TRY(each_edge(d, count_edge));
    for (uint32_t i = 0; i < p->n_nodes; i++)
        p->succ_begin[i + 1] += p->succ_begin[i];
    p->succ = leat_alloc(((size_t)p->succ_begin[p->n_nodes] + 1) * sizeof *p->succ);
    if (p->succ == NULL)
        return leat_fail_memory(p->succ_begin[p->n_nodes] * sizeof *p->succ);
    LEAT_TRY(each_edge(d, fill_edge));
    for (uint32_t i = p->n_nodes; i > 0; i--) /* the fill moved each begin to the next one's */
        p->succ_begin[i] = p->succ_begin[i - 1];
    p->succ_begin[0] = 0;
    p->exec_graph = (leat_exec_graph){p->n_nodes, p->succ_begin, p->succ, p->pending};
    return LEAT_OK;
}

/* ---- fetches ---- */

static leat_status set_captures(leat_plan_draft *d)
{
    leat_plan *p = d->plan;
    const leat_signature *sig = d->signature;
    size_t values = (size_t)d->n_node_values + 1;
    p->value_slot = leat_alloc(values * sizeof *p->value_slot);
    p->value_capture = leat_alloc(values * sizeof *p->value_capture);
    p->fetch_captures = leat_alloc((sig->n_fetches + 1) * sizeof *p->fetch_captures);
    p->captured = leat_alloc((sig->n_fetches + 1) * sizeof *p->captured);
    if (!p->value_slot || !p->value_capture || !p->fetch_captures || !p->captured)
        return leat_fail_memory(values * sizeof *p->value_slot);
    memset(p->value_capture, 0xff, values * sizeof *p->value_capture);
    for (size_t i = 0; i < sig->n_fetches; i++) {
        leat_out out = sig->fetches[i];
        uint32_t feed, id;
        if (leat_plan_fed(d, out, &feed))
            id = LEAT_FEED_TAG | feed;
        else
            id = d->first_value[out.op->id] + (uint32_t)out.index;
        bool of_node = !(id & LEAT_TAG_MASK); /* there may be thousands of these, and few others */
        uint32_t c = of_node ? LEAT_MIN(p->value_capture[id], p->n_captures) : 0;
        while (!of_node && c < p->n_captures && p->captured[c] != id)
            c++;
        if (c == p->n_captures)
            p->captured[p->n_captures++] = id;
        p->fetch_captures[i] = c;
        if (of_node)
            p->value_capture[id] = c;
    }
    for (uint32_t n = 0; n < p->n_nodes; n++)
        for (uint32_t k = 0; p->n_captures > 0 && k < p->nodes[n].op->n_outputs; k++)
            if (p->value_capture[p->nodes[n].out + k] != LEAT_NO_VALUE)
                p->nodes[n].flags |= LEAT_NODE_FETCHED;
    return LEAT_OK;
}

/* ---- final numbers ---- */

static uint32_t final_id(const leat_plan *p, uint32_t id)
{
    if ((id & LEAT_TAG_MASK) == LEAT_FEED_TAG)
        return p->n_constants + (id & ~LEAT_TAG_MASK);
    if ((id & LEAT_TAG_MASK) == LEAT_CONST_TAG)
        return id & ~LEAT_TAG_MASK;
    return p->base + id;
}

static void number_values(leat_plan_draft *d)
{
    leat_plan *p = d->plan;
    p->base = p->n_constants + p->n_feeds;
    p->n_values = p->base + d->n_node_values;
    for (uint32_t i = 0; i < p->n_inputs; i++)
        p->inputs[i] = final_id(p, p->inputs[i]);
    for (uint32_t i = 0; i < p->n_captures; i++)
        p->captured[i] = final_id(p, p->captured[i]);
    for (uint32_t i = 0; i < p->n_nodes; i++)
        p->nodes[i].out += p->base;
}

static leat_status make(leat_plan_draft *d)
{
    size_t n = leat_graph_op_count(d->plan->graph);
    d->first_value = leat_alloc((n + 1) * sizeof *d->first_value);
    d->node_of = leat_alloc((n + 1) * sizeof *d->node_of);
    d->marks = leat_alloc_zero(n + 1, 1);
    if (!d->first_value || !d->node_of || !d->marks)
        return leat_fail_memory(n * sizeof *d->node_of);
    memset(d->first_value, 0xff, (n + 1) * sizeof *d->first_value);
    memset(d->node_of, 0xff, (n + 1) * sizeof *d->node_of);
    LEAT_TRY(leat_plan_mark(d));
    LEAT_TRY(leat_plan_collect(d));
    LEAT_TRY(set_captures(d));
    LEAT_TRY(leat_plan_order_state(d));
    LEAT_TRY(freeze_edges(d));
    LEAT_TRY(leat_plan_slots(d));
    LEAT_TRY(leat_plan_dead(d));
    number_values(d);
    return leat_plan_first_costs(d->plan);
}

leat_status leat_plan_new(leat_plan **out, leat_graph *graph, leat_state *state,
                          const leat_signature *signature, const leat_plan_options *options)
{
    leat_plan *p = leat_alloc_zero(1, sizeof *p);
    *out = NULL;
    if (p == NULL)
        return leat_fail_memory(sizeof *p);
    p->graph = graph;
    p->made = leat_ticks();
    p->state = state;
    p->options = *options;
    p->n_feeds = (uint32_t)signature->n_feeds;
    p->n_fetches = (uint32_t)signature->n_fetches;
    pthread_mutex_init(&p->lock, NULL);
    leat_plan_draft d = {.plan = p, .signature = signature};
    leat_status status = make(&d);
    leat_free(d.first_value);
    leat_free(d.node_of);
    leat_free(d.marks);
    leat_free(d.edges);
    leat_plan_share_free(&d);
    leat_plan_reach_free(&d);
    if (status != LEAT_OK) {
        leat_plan_free(p);
        return status;
    }
    *out = p;
    return LEAT_OK;
}

void leat_plan_free(leat_plan *p)
{
    if (p == NULL)
        return;
    while (p->frames != NULL) {
        leat_frame *f = p->frames;
        p->frames = f->next;
        leat_frame_free(f);
    }
    for (uint32_t i = 0; i < p->n_constants; i++)
        leat_tensor_unref(p->constants[i]);
    leat_exec_costs_free(atomic_load(&p->costs));
    for (unsigned i = 0; i < p->n_old_costs; i++)
        leat_exec_costs_free(p->old_costs[i]);
    leat_free(p->measured);
    leat_free(p->constants);
    leat_free(p->nodes);
    leat_free(p->inputs);
    leat_free(p->value_slot);
    leat_free(p->value_capture);
    leat_free(p->fetch_captures);
    leat_free(p->captured);
    leat_free(p->succ_begin);
    leat_free(p->succ);
    leat_free(p->pending);
    leat_free(p->dead_controls);
    leat_free(p->live_of);
    leat_free(p->follow_of);
    leat_free(p->follows);
    leat_free(p->late);
    pthread_mutex_destroy(&p->lock);
    leat_free(p);
}

bool leat_plan_writes(const leat_plan *p)
{
    return p->writes;
}

bool leat_plan_blocks(const leat_plan *p)
{
    return p->blocks;
}
