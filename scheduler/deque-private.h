/* deque-private.h - a work-stealing deque of bundles of node ids: one owner pushes and pops at the bottom, any number of
 * thieves steal at the top. Bounded: a full one refuses, and the owner keeps the nodes to itself.
 *
 * A bundle is what is worth a thief's trouble: one long node, or several short ones. */
#ifndef LEAT_DEQUE_PRIVATE_H
#define LEAT_DEQUE_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "atomic-private.h"

#define LEAT_BUNDLE 31u /* ids; with their number a bundle fills LEAT_APART bytes */
#define LEAT_BUNDLE_WORDS (LEAT_BUNDLE + 1u)
#define LEAT_DEQUE_BUNDLES 128u /* at most: some 4,000 ids */

typedef struct leat_deque {
    _Alignas(LEAT_APART) _Atomic int64_t top; /* thieves', and the owner's for the last bundle; only grows */
    _Alignas(LEAT_APART) _Atomic int64_t bottom; /* written by the owner alone */
    int64_t top_seen;                            /* owner's: a lower bound of top, spares reading its line */
    uint32_t mask;
    _Atomic uint32_t
        *slots; /* mask + 1 bundles of LEAT_BUNDLE_WORDS: the number of ids, then ids; borrowed */
} leat_deque;

/* slots: `bundles` of them, a power of two, owned by the caller. */
void leat_deque_init(leat_deque *d, _Atomic uint32_t *slots, uint32_t bundles);

/* Owner: adds a bundle of 1 <= n <= LEAT_BUNDLE ids; false if full. */
bool leat_deque_push(leat_deque *d, const uint32_t *ids, uint32_t n);
/* Owner: takes the latest bundle; returns its size, 0 if there is none. ids: room for LEAT_BUNDLE. */
uint32_t leat_deque_pop(leat_deque *d, uint32_t *ids);
/* Any thread (the owner too): takes the oldest bundle; 0: none; LEAT_DEQUE_LOST: somebody else took it, there may be more. */
#define LEAT_DEQUE_LOST UINT32_MAX
uint32_t leat_deque_steal(leat_deque *d, uint32_t *ids);
/* Any thread: bundles there are; a guess, exact for the owner while no thief is about. */
uint32_t leat_deque_size(leat_deque *d);

#endif
