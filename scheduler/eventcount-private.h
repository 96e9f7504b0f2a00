/* eventcount-private.h - lets threads sleep until "something changed", without a lock around the something.
 *
 *     sleeper                                    waker
 *     key = leat_eventcount_prepare(e);          change the something by a seq_cst operation;
 *     if (there is something, by seq_cst loads)  leat_eventcount_notify(e, 1 or INT_MAX);
 *         leat_eventcount_cancel(e);
 *     else
 *         leat_eventcount_wait(e, key);
 *
 * Then a sleeper never sleeps on after a change that it did not see. A wake-up may be spurious: look again. */
#ifndef LEAT_EVENTCOUNT_PRIVATE_H
#define LEAT_EVENTCOUNT_PRIVATE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include "atomic-private.h"

typedef struct leat_eventcount {
    _Alignas(
        LEAT_APART) _Atomic uint32_t waiters; /* threads between prepare and cancel, or the end of wait */
    _Atomic uint32_t epoch;                   /* the futex; grows by one a notification that found waiters */
} leat_eventcount;

void leat_eventcount_init(leat_eventcount *e);
uint32_t leat_eventcount_prepare(leat_eventcount *e);
void leat_eventcount_cancel(leat_eventcount *e);
void leat_eventcount_wait(leat_eventcount *e, uint32_t key);
/* Wakes up to n sleepers; free of system calls while there are none. */
void leat_eventcount_notify(leat_eventcount *e, int n);

/* A guess, for callers that can afford to be wrong. */
static inline bool leat_eventcount_has_waiters(leat_eventcount *e)
{
    return LEAT_LOAD(&e->waiters, relaxed) != 0;
}

#endif
