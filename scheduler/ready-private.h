/* ready-private.h - a worker's ready nodes: its ring, deque and overflow list (worker-private.h). */
#ifndef LEAT_READY_PRIVATE_H
#define LEAT_READY_PRIVATE_H

#include "worker-private.h"

/* Moves the n oldest of the ring to where thieves find them. */
void leat_ready_expose(leat_worker *w, uint32_t n);
/* Moves what fits from the overflow list to the deque, if there is much room. */
void leat_ready_refill(leat_worker *w);
/* The ring is empty: a node from the deque or the overflow list, or LEAT_NO_NODE. */
uint32_t leat_ready_pop_slow(leat_worker *w);
/* A node of the victim's, others that came with it in w's ring; or LEAT_NO_NODE. */
uint32_t leat_ready_steal(leat_worker *w, leat_worker *victim);

static inline void leat_ready_push(leat_worker *w, uint32_t node)
{
    if (__builtin_expect(w->n_recent == LEAT_RECENT, 0))
        leat_ready_expose(w, LEAT_RECENT / 2);
    w->recent[(w->recent_begin + w->n_recent++) % LEAT_RECENT] = node;
    w->recent_ns += w->x->node[node].grain_ns;
}

/* As leat_ready_push; the `batch` latest are in order of their keys, greatest last, and stay so. Of large batches only the end
 * is kept in order, so that a node costs the same at any fan-out. */
static inline void leat_ready_insert(leat_worker *w, uint32_t node, uint32_t batch)
{
    const leat_exec_node *costs = w->x->node;
    leat_ready_push(w, node);
    batch = LEAT_MIN(LEAT_MIN(batch, 8), w->n_recent - 1);
    for (uint32_t i = w->recent_begin + w->n_recent - 1; batch > 0; batch--, i--) {
        uint32_t below = w->recent[(i - 1) % LEAT_RECENT];
        if (costs[below].key <= costs[node].key)
            break;
        w->recent[i % LEAT_RECENT] = below;
        w->recent[(i - 1) % LEAT_RECENT] = node;
    }
}

static inline uint32_t leat_ready_pop(leat_worker *w)
{
    if (w->n_recent == 0 || __builtin_expect(w->x->fifo, 0))
        return leat_ready_pop_slow(w);
    uint32_t node = w->recent[(w->recent_begin + --w->n_recent) % LEAT_RECENT];
    w->recent_ns = w->n_recent > 0 ? w->recent_ns - w->x->node[node].grain_ns : 0;
    return node;
}

#endif
