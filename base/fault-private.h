/* fault-private.h - fault injection for tests. Compiled in always (one predictable branch a call).
 *
 * leat_fault_arm(kind, nth, error): the nth call (1 is the next) of that kind fails, once, with that errno.
 * kind LEAT_FAULT_SHORT makes the nth read or write transfer at most one byte; LEAT_FAULT_EINTR interrupts it;
 * LEAT_FAULT_STALL makes the nth write or fsync wait for `error` milliseconds, as a busy disk does, or until it is disarmed.
 * The counters are process-wide and atomic, so that calls on the library's threads count too. */
#ifndef LEAT_FAULT_PRIVATE_H
#define LEAT_FAULT_PRIVATE_H

#include "base-private.h"

typedef enum leat_fault_kind {
    LEAT_FAULT_ALLOC,
    LEAT_FAULT_OPEN,
    LEAT_FAULT_READ,
    LEAT_FAULT_WRITE,
    LEAT_FAULT_SHORT,
    LEAT_FAULT_EINTR,
    LEAT_FAULT_SYNC,
    LEAT_FAULT_RENAME,
    LEAT_FAULT_CLOSE,
    LEAT_FAULT_STALL,
    LEAT_FAULT_KINDS
} leat_fault_kind;

void leat_fault_arm(leat_fault_kind kind, uint64_t nth, int error) LEAT_PRIV(fault_arm);
void leat_fault_disarm(void) LEAT_PRIV(fault_disarm);
/* Did the armed fault happen? */
bool leat_fault_fired(void) LEAT_PRIV(fault_fired);
/* Calls of a kind since the last arm or disarm. */
uint64_t leat_fault_count(leat_fault_kind kind) LEAT_PRIV(fault_count);
/* For base/memory.c and base/file.c: should this call fail? Returns the errno, or 0. */
int leat_fault_check(leat_fault_kind kind) LEAT_PRIV(fault_check);
/* ---- a trace of what changes files, for tests that replay it up to a crash ---- */

typedef enum leat_trace_kind {
    LEAT_TRACE_CREATE, /* a new or emptied file */
    LEAT_TRACE_WRITE,
    LEAT_TRACE_TRUNCATE, /* to `size` */
    LEAT_TRACE_SYNC,
    LEAT_TRACE_RENAME, /* path to `to` */
    LEAT_TRACE_REMOVE,
    LEAT_TRACE_DIR_SYNC
} leat_trace_kind;

typedef struct leat_trace_event {
    leat_trace_kind kind;
    const char *path, *to;
    const void *bytes;
    size_t size;
} leat_trace_event;

/* The function is called after each such call that succeeded, on its thread; NULL ends that. Not to be changed
 * while other threads write files. */
typedef void leat_trace_fn(void *user, const leat_trace_event *event);
void leat_trace_files(leat_trace_fn *fn, void *user) LEAT_PRIV(trace_files);
/* For base/file.c. */
void leat_trace(const leat_trace_event *event) LEAT_PRIV(trace);

/* Live allocations made by leat_alloc and friends; tests compare before and after to find leaks. */
uint64_t leat_live_allocations(void) LEAT_PRIV(live_allocations);

#endif
