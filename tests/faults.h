/* faults.h - each call of a kind fails, once:
 *
 *     EACH_FAULT (f, LEAT_FAULT_ALLOC, ENOMEM) {
 *         fault_start(&f);
 *         leat_status status = work();
 *         CHECK(fault_end(&f) == (status != LEAT_OK));
 *     }
 *
 * The body is a round. In the nth one the nth call between start and end fails; the round in which none was left to fail is the
 * last. What a round allocates it frees. */
#ifndef LEAT_FAULTS_H
#define LEAT_FAULTS_H

#include "base/fault-private.h"
#include "check.h"

typedef struct fault_rounds {
    leat_fault_kind kind;
    int error;
    uint64_t nth, live;
    bool fired;
} fault_rounds;

#define EACH_FAULT(name_, kind_, error_)                                                                     \
    for (fault_rounds name_ = {.kind = (kind_), .error = (error_)}; fault_round(&name_);)

static inline void fault_start(const fault_rounds *f)
{
    leat_fault_arm(f->kind, f->nth, f->error);
}

/* Has the fault of this round happened? */
static inline bool fault_end(fault_rounds *f)
{
    f->fired = leat_fault_fired();
    leat_fault_disarm();
    return f->fired;
}

static inline bool fault_round(fault_rounds *f)
{
    if (f->nth++ == 0)
        f->live = leat_live_allocations();
    else if (!f->fired || !CHECK(leat_live_allocations() == f->live) || !CHECK(f->nth < 20000))
        return false;
    f->fired = false;
    return true;
}

#endif
