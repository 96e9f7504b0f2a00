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
uint32_t made_add(made *m, const char *op, uint32_t worker, int64_t start, int64_t end);
/* Every node waits for the one before. */
void made_link(made *m);
/* No node waits for any. */
void made_apart(made *m);

/* Runs of a kind, into a `made` of zeros. */
typedef void maker(made *m);
maker made_chain, made_wide, made_one_big, made_short_nodes, made_overhead, made_memory_bound, made_in_caches,
    made_tiny, made_helped, made_small_serial, made_given_up, made_serial_chain, made_held_up,
    made_held_up_alone, made_types, made_nothing, made_crowded, made_crowded_chain, made_wide_on_all,
    made_wide_on_one, made_given_up_chain, made_moving, made_left_waiting, made_too_few;

#endif
