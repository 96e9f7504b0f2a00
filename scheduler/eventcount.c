/* eventcount.c - an eventcount on a futex.
 *
 * No wake-up is lost. Sleeper: P1 waiters += 1, P2 key := epoch, P3 look for the change. Waker: N1 make the change, N2 read
 * waiters, N3 epoch += 1, N4 wake. P1, P3, N1, N2 are seq_cst, so one total order holds them. If P3 did not see the
 * change, P3 < N1, hence P1 < N2: the waker sees the waiter and reaches N3. Whether N3 comes before P2 matters too: P2
 * must not read the new epoch and then sleep. If P2 read N3's value, P2 (acquire) synchronises with N3 (release), N1
 * happens before P3, and P3 sees the change. So the key is the old epoch; and the kernel compares the epoch with the key
 * and queues the thread as one step with respect to N4: either the thread is queued before N4 and woken, or it
 * finds the epoch changed and does not sleep.
 *
 * An epoch that wraps: a sleeper would have to be stopped between P2 and the system call for 2^32 notifications.
 * n = 1: the one woken may be a thread that only prepared, or slept since; each notification moves the epoch, so all that
 * hold an older key and have not yet entered the kernel return too. More wake than asked, never fewer. */
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "eventcount-private.h"

#ifndef LEAT_INTERLEAVE
/* Interrupted or not equal: returns, and the caller compares again. Any other error would be a wrong address. */
static void leat_futex_wait(_Atomic uint32_t *word, uint32_t value)
{
    syscall(SYS_futex, (uint32_t *)word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static void leat_futex_wake(_Atomic uint32_t *word, int n)
{
    syscall(SYS_futex, (uint32_t *)word, FUTEX_WAKE_PRIVATE, n, NULL, NULL, 0);
}
#endif

void leat_eventcount_init(leat_eventcount *e)
{
    atomic_init(&e->waiters, 0);
    atomic_init(&e->epoch, 0);
}

uint32_t leat_eventcount_prepare(leat_eventcount *e)
{
    LEAT_FETCH_ADD(&e->waiters, 1, seq_cst);
    return LEAT_LOAD(&e->epoch, acquire);
}

void leat_eventcount_cancel(leat_eventcount *e)
{
    LEAT_FETCH_ADD(&e->waiters, (uint32_t)-1, relaxed);
}

void leat_eventcount_wait(leat_eventcount *e, uint32_t key)
{
    while (LEAT_LOAD(&e->epoch, acquire) == key)
        LEAT_FUTEX_WAIT(&e->epoch, key);
    LEAT_FETCH_ADD(&e->waiters, (uint32_t)-1, relaxed);
}

void leat_eventcount_notify(leat_eventcount *e, int n)
{
    if (LEAT_LOAD(&e->waiters, seq_cst) == 0)
        return;
    LEAT_FETCH_ADD(&e->epoch, 1, release);
    LEAT_FUTEX_WAKE(&e->epoch, n);
}
