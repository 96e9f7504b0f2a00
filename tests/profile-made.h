/* Made-up recorded runs, for what is told of them. */
#ifndef LEAT_PROFILE_MADE_H
#define LEAT_PROFILE_MADE_H

#include "profile/figures-private.h"

enum { MADE_NODES = 4096 };

typedef struct made {
    leat_profile_step step;
    leat_profile_node nodes[MADE_NODES];
    leat_profile_span spans[MADE_NODES];
    char names[MADE_NODES][16];
    uint32_t begin[MADE_NODES + 1], succ[MADE_NODES];
} made;

/* Adds a node that ran on `worker` from `start` to `end`; returns its number. */
static inline uint32_t made_add(made *m, const char *op, uint32_t worker, int64_t start, int64_t end)
{
    uint32_t i = (uint32_t)m->step.n_nodes++;
    snprintf(m->names[i], sizeof m->names[i], "n%u", i);
    m->nodes[i] = (leat_profile_node){m->names[i], op, "", "float[2]", "", 0, 0, 0, 4};
    m->spans[m->step.n_spans++] = (leat_profile_span){start, end, i, (uint16_t)worker, 0};
    if (end > m->step.duration_ns)
        m->step.duration_ns = end;
    if (worker >= m->step.n_workers)
        m->step.n_workers = worker + 1;
    m->step.nodes = m->nodes;
    m->step.spans = m->spans;
    return i;
}

/* Every node waits for the one before. */
static inline void made_chain(made *m)
{
    for (uint32_t i = 0; i < m->step.n_nodes; i++) {
        m->begin[i] = i;
        m->succ[i] = i + 1;
    }
    m->begin[m->step.n_nodes] = (uint32_t)m->step.n_nodes - 1;
    m->step.succ_begin = m->begin;
    m->step.succ = m->succ;
}

#endif
