/* profile-private.h - a profile as the plan's run sees it: rings to write to meanwhile, figures taken from its frame after. */
#ifndef LEAT_SCHEDULER_PROFILE_PRIVATE_H
#define LEAT_SCHEDULER_PROFILE_PRIVATE_H

#include "leat/profile.h"
#include "plan-parts-private.h"

/* Before a run: takes the profile for it, and makes room. Outside of what is measured. */
leat_status leat_profile_take(leat_profile *profile, leat_frame *frame) LEAT_MUST_CHECK;
leat_rings *leat_profile_rings(leat_profile *profile);
/* After it, before the frame is given back. A run that failed is not kept. */
leat_status leat_profile_give(leat_profile *profile, leat_frame *frame, bool keep,
                              bool serial) LEAT_MUST_CHECK;

const leat_machine *leat_profile_machine(const leat_profile *profile);

/* ---- what a profile knows of a plan: profile-plan.c ---- */

typedef struct leat_profile_plan {
    const leat_plan *plan; /* to compare with only */
    uint64_t made;
    leat_arena text;
    leat_profile_node *nodes;
    void **
        values; /* by node: the block in which its outputs and their text lie, since they may change from run to run */
    uint64_t *keys; /* by node: of the shapes that it last had */
    uint64_t feeds_key;
    unsigned n_unchanged; /* runs since the shapes fed have changed */
    size_t n_nodes;
    uint32_t n_cpus;
    uint32_t *succ_begin, *succ;
} leat_profile_plan;

void leat_profile_plan_forget(leat_profile_plan *p);
bool leat_profile_plan_is(const leat_profile_plan *p, const leat_plan *plan);
/* On failure it knows none. */
leat_status leat_profile_plan_learn(leat_profile_plan *p, const leat_plan *plan) LEAT_MUST_CHECK;
/* After a run: shapes, costs and kernels of its nodes, where these may have changed. */
leat_status leat_profile_plan_look(leat_profile_plan *p, leat_frame *f) LEAT_MUST_CHECK;

#endif
