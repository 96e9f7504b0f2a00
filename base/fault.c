#include "config.h"
#include "fault-private.h"

#include <stdatomic.h>

/* Process-wide on purpose: a fault may strike on any of the library's threads. `watching` stays false until
 * a test arms or disarms, so that a program pays one relaxed load and a predictable branch. */
static _Atomic bool watching;
static _Atomic uint64_t counts[LEAT_FAULT_KINDS];
static _Atomic int armed_kind = -1;
static _Atomic uint64_t armed_nth;
static _Atomic int armed_error;
static _Atomic bool fired;

static void reset(int kind, uint64_t nth, int error)
{
    atomic_store(&armed_kind, -1);
    for (size_t i = 0; i < LEAT_FAULT_KINDS; i++)
        atomic_store(&counts[i], 0);
    atomic_store(&armed_nth, nth);
    atomic_store(&armed_error, error);
    atomic_store(&fired, false);
    atomic_store(&armed_kind, kind);
    atomic_store(&watching, true);
}

void leat_fault_arm(leat_fault_kind kind, uint64_t nth, int error)
{
    reset((int)kind, nth, error != 0 ? error : 1);
}

void leat_fault_disarm(void)
{
    reset(-1, 0, 0);
}

bool leat_fault_fired(void)
{
    return atomic_load(&fired);
}

uint64_t leat_fault_count(leat_fault_kind kind)
{
    return atomic_load(&counts[kind]);
}

int leat_fault_check(leat_fault_kind kind)
{
    if (__builtin_expect(!atomic_load_explicit(&watching, memory_order_relaxed), 1))
        return 0;
    uint64_t nth = atomic_fetch_add(&counts[kind], 1) + 1;
    if (atomic_load(&armed_kind) != (int)kind || nth != atomic_load(&armed_nth))
        return 0;
    atomic_store(&fired, true);
    return atomic_load(&armed_error);
}

static leat_trace_fn *_Atomic trace_fn; /* set last, so that whoever sees it sees trace_user */
static void *trace_user;

void leat_trace_files(leat_trace_fn *fn, void *user)
{
    atomic_store(&trace_fn, NULL);
    trace_user = user;
    atomic_store(&trace_fn, fn);
}

void leat_trace(const leat_trace_event *event)
{
    leat_trace_fn *fn = atomic_load_explicit(&trace_fn, memory_order_acquire);
    if (__builtin_expect(fn != NULL, 0))
        fn(trace_user, event);
}
