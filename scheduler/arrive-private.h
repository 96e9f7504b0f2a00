/* arrive-private.h - counting a node's predecessors: the executor's one synchronisation between nodes. */
#ifndef LEAT_ARRIVE_PRIVATE_H
#define LEAT_ARRIVE_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>
#include "atomic-private.h"

/* One of `*pending` predecessors is done; true for exactly one of them, the last, who then sees what all of them wrote.
 *
 * Who finds 1 left is the only one to come, and needs no read-modify-write; half of all arrivals at nodes of two inputs.
 * Each subtraction releases what its thread wrote, and continues the release sequence of those before; the last arrival
 * reads the end of that chain, by the acquire of its load or of its subtraction. */
static inline bool leat_arrive(_Atomic uint32_t *pending)
{
    return LEAT_LOAD(pending, acquire) == 1 || LEAT_FETCH_ADD(pending, (uint32_t)-1, acq_rel) == 1;
}

/* The same for `n` predecessors at once, all run by the calling thread. A counter is used by one of the two functions. */
static inline bool leat_arrive_together(_Atomic uint32_t *pending, uint32_t n)
{
    return LEAT_FETCH_ADD(pending, 0 - n, acq_rel) == n;
}

#endif
