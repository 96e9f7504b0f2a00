/* interleave.h - a small model checker: runs a few threads under every interleaving of their atomic operations.
 *
 * The memory model is x86's: each thread has a FIFO store buffer; a store that is not seq_cst enters it and reaches
 * memory at any later time, in order; a load sees the thread's own buffer first; a seq_cst store and every
 * read-modify-write empty the buffer and act on memory at once. That includes all sequentially consistent interleavings.
 *
 * Code under test includes scheduler/atomic-private.h with LEAT_INTERLEAVE defined. A thread is a fiber, its local state a
 * function of the values it has read; so a state of the whole is known by the threads' histories of values, the
 * buffers and memory, and one that was met before is not followed again: small programs are explored exhaustively. */
#ifndef LEAT_INTERLEAVE_H
#define LEAT_INTERLEAVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { INTERLEAVE_relaxed, INTERLEAVE_acquire, INTERLEAVE_release, INTERLEAVE_acq_rel, INTERLEAVE_seq_cst };

/* Objects are unsigned 32-bit or 64-bit atomics (signed 64-bit too: the bits are the same). */
#define LEAT_LOAD(object_, order_)                                                                           \
    ((__typeof__(interleave_plain(*(object_))))interleave_load((object_), sizeof *(object_)))
#define LEAT_STORE(object_, value_, order_)                                                                  \
    interleave_store((object_), sizeof *(object_), (uint64_t)(value_), INTERLEAVE_##order_)
#define LEAT_FETCH_ADD(object_, value_, order_)                                                              \
    __extension__({                                                                                          \
        uint64_t old_ = interleave_fetch_add((object_), sizeof *(object_), (uint64_t)(value_));              \
        (__typeof__(interleave_plain(*(object_))))old_;                                                      \
    })
#define LEAT_CAS(object_, expected_, desired_, success_, failure_)                                           \
    interleave_cas((object_), sizeof *(object_), (expected_), (uint64_t)(desired_))
#define LEAT_FUTEX_WAIT(word_, value_) interleave_futex_wait((word_), (value_))
#define LEAT_FUTEX_WAKE(word_, n_) interleave_futex_wake((word_), (n_))

/* The type without _Atomic. */
#define interleave_plain(object_)                                                                            \
    _Generic((object_), uint32_t : (uint32_t)0, uint64_t : (uint64_t)0, int64_t : (int64_t)0)

uint64_t interleave_load(void *object, size_t size);
void interleave_store(void *object, size_t size, uint64_t value, int order);
uint64_t interleave_fetch_add(void *object, size_t size, uint64_t value);
bool interleave_cas(void *object, size_t size, void *expected, uint64_t desired);
void interleave_futex_wait(void *word, uint32_t value);
void interleave_futex_wake(void *word, int n);

#define INTERLEAVE_THREADS 4

typedef struct interleave_scenario {
    const char *name;
    int n_threads;
    void (*init)(void);         /* before each execution: all state as at the start */
    void (*thread)(int i);      /* what thread i does; must end; keeps its results in memory of its own */
    const char *(*check)(void); /* after each execution: NULL, or what is wrong */
    bool weak_stores; /* seq_cst stores act as release stores: to see that the checker misses them */
} interleave_scenario;

typedef struct interleave_result {
    uint64_t executions; /* that ran to their end */
    uint64_t states;     /* different ones */
    const char *wrong;   /* NULL; what `check` said of the first bad execution; or "deadlock" */
    bool incomplete;     /* gave up at the limit of states: nothing was proved */
    char schedule[512];  /* of the bad execution: "0 0 1 f0 ..." thread steps and flushes */
} interleave_result;

interleave_result interleave_explore(const interleave_scenario *s, uint64_t max_states);

#endif
