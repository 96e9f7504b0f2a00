/* deque-private.h - a work-stealing deque of node ids: one owner pushes and pops at the bottom, any number of thieves
 * steal at the top. Bounded: a full one refuses, and the owner keeps the node to itself. */
#ifndef LEAT_DEQUE_PRIVATE_H
#define LEAT_DEQUE_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>
#include "atomic-private.h"

#define LEAT_DEQUE_CAPACITY 4096u
#define LEAT_DEQUE_EMPTY UINT32_MAX      /* no id */
#define LEAT_DEQUE_LOST (UINT32_MAX - 1) /* steal only: somebody else took it; there may be more */

typedef struct leat_deque {
    _Alignas(LEAT_APART) _Atomic int64_t top;    /* thieves', and the owner's for the last item; only grows */
    _Alignas(LEAT_APART) _Atomic int64_t bottom; /* written by the owner alone */
    int64_t top_seen;                            /* owner's: a lower bound of top, spares reading its line */
    uint32_t mask;
    _Atomic uint32_t *slots; /* mask + 1 of them, borrowed */
} leat_deque;

/* slots: `capacity` of them, a power of two, zeroed or not, owned by the caller. */
void leat_deque_init(leat_deque *d, _Atomic uint32_t *slots, uint32_t capacity);

/* Owner: false if full. */
bool leat_deque_push(leat_deque *d, uint32_t id);
/* Owner: the latest pushed, or LEAT_DEQUE_EMPTY. */
uint32_t leat_deque_pop(leat_deque *d);
/* Any thread (the owner too): the oldest, LEAT_DEQUE_EMPTY or LEAT_DEQUE_LOST. */
uint32_t leat_deque_steal(leat_deque *d);
/* Any thread: a guess, exact for the owner while no thief is about. */
uint32_t leat_deque_size(leat_deque *d);

#endif
