#include "config.h"
#include "worker-private.h"

#include <stdlib.h>

#define PARALLEL_GAIN 1.15
#define PARALLEL_NS 10e3

/* ---- policies ---- */

static float key_remaining(const leat_exec_graph *g, uint32_t node, float cost_ns, float remaining_ns)
{
    (void)g, (void)node, (void)cost_ns;
    return remaining_ns;
}

static float key_none(const leat_exec_graph *g, uint32_t node, float cost_ns, float remaining_ns)
{
    (void)g, (void)node, (void)cost_ns, (void)remaining_ns;
    return 0;
}

const leat_exec_policy leat_policy_critical_path = {.name = "critical path", .key = key_remaining};
const leat_exec_policy leat_policy_fifo = {.name = "fifo", .key = key_none, .fifo = true};
const leat_exec_policy leat_policy_locality = {.name = "locality", .key = key_none};

/* ---- costs ---- */

/* The sweep from the last node to the first: successors are known when a node is reached. */
typedef struct sweep {
    const leat_exec_graph *g;
    const float *cost_ns;
    const uint32_t *n_tiles;
    leat_exec_costs *c;
    float *remaining,
        *critical; /* the longest path from each node on; critical: tiled nodes count cost / tiles */
} sweep;

static void visit(sweep *s, uint32_t node)
{
    const leat_exec_graph *g = s->g;
    leat_exec_node *n = &s->c->node[node];
    float cost = s->cost_ns != NULL ? s->cost_ns[node] : LEAT_EXEC_DEFAULT_NS;
    float longest = 0, longest_critical = 0, grain = cost;
    uint32_t tiles = s->n_tiles != NULL && s->n_tiles[node] > 0 ? s->n_tiles[node] : 1;
    for (uint32_t i = g->succ_begin[node]; i < g->succ_begin[node + 1]; i++) {
        uint32_t next = g->succ[i];
        longest = LEAT_MAX(longest, s->remaining[next]);
        longest_critical = LEAT_MAX(longest_critical, s->critical[next]);
        if (s->c->node[next].flags & LEAT_EXEC_SINGLE)
            grain += s->c->node[next].grain_ns;
    }
    s->remaining[node] = cost + longest;
    s->critical[node] = cost / (float)tiles + longest_critical;
    n->cost_ns = cost;
    n->grain_ns = grain;
    n->key = s->c->policy->key(g, node, cost, s->remaining[node]);
    n->flags = g->initial_pending[node] == 1 ? LEAT_EXEC_SINGLE : 0;
    n->flags |= g->initial_pending[node] >= LEAT_CROWD ? LEAT_EXEC_CROWDED : 0;
    if (g->succ_begin[node] == g->succ_begin[node + 1]) {
        n->flags |= LEAT_EXEC_SINK;
        s->c->n_sinks++;
    }
    /* The remaining path shrinks along every edge. So all nodes from which it is long are done once those are from all of
     * whose successors it is short. */
    if (s->remaining[node] >= LEAT_EXEC_CLOSING_NS && longest < LEAT_EXEC_CLOSING_NS) {
        n->flags |= LEAT_EXEC_CLOSING;
        s->c->n_closing++;
    }
    s->c->n_roots += g->initial_pending[node] == 0;
    s->c->total_ns += cost;
    s->c->critical_ns = LEAT_MAX(s->c->critical_ns, (double)s->critical[node]);
}

static int compare_keys(const void *a, const void *b, void *costs)
{
    const leat_exec_node *node = ((const leat_exec_costs *)costs)->node;
    uint32_t i = *(const uint32_t *)a, k = *(const uint32_t *)b;
    if (node[i].key != node[k].key)
        return node[i].key < node[k].key ? -1 : 1;
    return i < k ? -1 : i > k;
}

static leat_status list_roots(leat_exec_costs *c)
{
    uint32_t n = 0;
    c->roots = leat_alloc(c->n_roots * sizeof *c->roots);
    if (c->roots == NULL)
        return leat_fail_memory(c->n_roots * sizeof *c->roots);
    for (uint32_t i = 0; i < c->graph->n_nodes; i++)
        if (c->graph->initial_pending[i] == 0)
            c->roots[n++] = i;
    if (!c->policy->fifo)
        qsort_r(c->roots, n, sizeof *c->roots, compare_keys, c);
    return LEAT_OK;
}

leat_status leat_exec_costs_new(leat_exec_costs **out, const leat_exec_graph *g,
                                const leat_exec_policy *policy, const float *cost_ns, const uint32_t *n_tiles)
{
    leat_exec_costs *c = leat_alloc_zero(1, sizeof *c);
    leat_exec_node *node = leat_alloc_zero(g->n_nodes, sizeof *node);
    float *paths = leat_alloc_zero(g->n_nodes, 2 * sizeof *paths);
    leat_status status = LEAT_OK;
    *out = NULL;
    if (c == NULL || node == NULL || paths == NULL) {
        leat_free(node);
        leat_free(c);
        leat_free(paths);
        return leat_fail_memory(g->n_nodes * sizeof *node);
    }
    c->graph = g;
    c->policy = policy != NULL ? policy : &leat_policy_critical_path;
    c->node = node;
    sweep s = {g, cost_ns, n_tiles, c, paths, paths + g->n_nodes};
    for (uint32_t i = g->n_nodes; i-- > 0;)
        visit(&s, i);
    leat_free(paths);
    status = list_roots(c);
    if (status != LEAT_OK)
        leat_exec_costs_free(c);
    else
        *out = c;
    return status;
}

void leat_exec_costs_free(leat_exec_costs *c)
{
    if (c == NULL)
        return;
    leat_free(c->roots);
    leat_free(c->node);
    leat_free(c);
}

bool leat_exec_costs_parallel(const leat_exec_costs *c)
{
    return c->total_ns >= PARALLEL_NS && c->total_ns >= PARALLEL_GAIN * c->critical_ns;
}
