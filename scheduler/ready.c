#include "config.h"
#include "ready-private.h"

/* ---- the overflow list ---- */

static void push_overflow(leat_worker *w, uint32_t node)
{
    /* A ready node's count is no longer needed: nothing is to come. Only this worker sees the list. */
    atomic_store_explicit(&w->x->pending[node], w->overflow, memory_order_relaxed);
    w->overflow = node;
}

static uint32_t pop_overflow(leat_worker *w)
{
    uint32_t node = w->overflow;
    if (node != LEAT_NO_NODE)
        w->overflow = atomic_load_explicit(&w->x->pending[node], memory_order_relaxed);
    return node;
}

/* ---- bundles ---- */

typedef struct bundle {
    uint32_t ids[LEAT_BUNDLE], n;
    float grain_ns;
} bundle;

/* Adds a node; true if the bundle is now as big as it should be. */
static bool add_to_bundle(const leat_worker *w, bundle *b, uint32_t node)
{
    b->ids[b->n++] = node;
    b->grain_ns += w->x->node[node].grain_ns;
    return b->n == LEAT_BUNDLE || b->grain_ns >= LEAT_EXEC_OFFER_NS || w->x->fifo;
}

/* To the deque, or where it is full to the overflow list: false then. Empties the bundle. */
static bool push_bundle(leat_worker *w, bundle *b)
{
    bool pushed = b->n == 0 || leat_deque_push(&w->deque, b->ids, b->n);
    if (pushed)
        w->deque_ns += b->grain_ns;
    while (!pushed && b->n > 0)
        push_overflow(w, b->ids[--b->n]);
    b->n = 0;
    b->grain_ns = 0;
    return pushed;
}

/* Puts a taken bundle into the empty ring, all but its latest node, which is returned. */
static uint32_t unpack(leat_worker *w, const uint32_t *ids, uint32_t n)
{
    for (uint32_t i = 0; i + 1 < n; i++)
        leat_ready_push(w, ids[i]);
    return ids[n - 1];
}

void leat_ready_expose(leat_worker *w, uint32_t n)
{
    bundle b = {.n = 0};
    for (; n > 0; n--) {
        uint32_t node = w->recent[w->recent_begin++ % LEAT_RECENT];
        w->n_recent--;
        w->recent_ns -= w->x->node[node].grain_ns;
        if (add_to_bundle(w, &b, node))
            push_bundle(w, &b);
    }
    push_bundle(w, &b);
    if (w->n_recent == 0)
        w->recent_ns = 0; /* rounding errors end here */
}

void leat_ready_refill(leat_worker *w)
{
    bundle b = {.n = 0};
    if (leat_deque_size(&w->deque) > w->deque.mask / 2)
        return;
    for (uint32_t node; (node = pop_overflow(w)) != LEAT_NO_NODE;)
        if (add_to_bundle(w, &b, node) && !push_bundle(w, &b))
            return;
    push_bundle(w, &b);
}

static uint32_t steal_bundle(leat_deque *d, uint32_t *ids)
{
    uint32_t n;
    do
        n = leat_deque_steal(d, ids);
    while (n == LEAT_DEQUE_LOST);
    return n;
}

/* The oldest of all: bundles of one node, then the ring, then what did not fit. */
static uint32_t pop_fifo(leat_worker *w)
{
    uint32_t ids[LEAT_BUNDLE];
    if (steal_bundle(&w->deque, ids) > 0) {
        w->deque_ns -= w->x->node[ids[0]].grain_ns;
        return ids[0];
    }
    w->deque_ns = 0;
    if (w->n_recent == 0)
        return pop_overflow(w);
    w->n_recent--;
    uint32_t node = w->recent[w->recent_begin++ % LEAT_RECENT];
    w->recent_ns -= w->x->node[node].grain_ns;
    return node;
}

uint32_t leat_ready_pop_slow(leat_worker *w)
{
    uint32_t ids[LEAT_BUNDLE];
    if (w->x->fifo)
        return pop_fifo(w);
    uint32_t n = leat_deque_pop(&w->deque, ids);
    if (n == 0) {
        w->deque_ns = 0;
        uint32_t node = pop_overflow(w);
        leat_ready_refill(w);
        return node;
    }
    for (uint32_t i = 0; i < n; i++)
        w->deque_ns -= w->x->node[ids[i]].grain_ns;
    return unpack(w, ids, n);
}

uint32_t leat_ready_steal(leat_worker *w, leat_worker *victim)
{
    uint32_t ids[LEAT_BUNDLE], n = steal_bundle(&victim->deque, ids);
    return n > 0 ? unpack(w, ids, n) : LEAT_NO_NODE;
}
