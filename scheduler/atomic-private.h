/* atomic-private.h - the atomic operations of the deque and the eventcount, behind macros.
 *
 * Normally they are C11's. tests/interleave.c compiles the same sources with LEAT_INTERLEAVE and its own definitions,
 * each a step of a scheduler that tries all interleavings under x86's memory model (store buffers).
 *
 * No fences: ThreadSanitizer does not model them. Where a store must be ordered before a later load of another
 * location, both are seq_cst instead; on x86 that is one xchg, no dearer than a fence. */
#ifndef LEAT_ATOMIC_PRIVATE_H
#define LEAT_ATOMIC_PRIVATE_H

#include <stdatomic.h>

#ifdef LEAT_INTERLEAVE
#include "tests/interleave.h"
#else
#define LEAT_LOAD(object_, order_) atomic_load_explicit((object_), memory_order_##order_)
#define LEAT_STORE(object_, value_, order_) atomic_store_explicit((object_), (value_), memory_order_##order_)
#define LEAT_FETCH_ADD(object_, value_, order_)                                                              \
    atomic_fetch_add_explicit((object_), (value_), memory_order_##order_)
#define LEAT_CAS(object_, expected_, desired_, success_, failure_)                                           \
    atomic_compare_exchange_strong_explicit((object_), (expected_), (desired_), memory_order_##success_,     \
                                            memory_order_##failure_)
#define LEAT_FUTEX_WAIT(word_, value_) leat_futex_wait((word_), (value_))
#define LEAT_FUTEX_WAKE(word_, n_) leat_futex_wake((word_), (n_))
#endif

/* A cache line, twice: x86 prefetches lines in pairs. What different threads write stands this far apart. */
#define LEAT_APART 128

/* Tells the CPU that this is a waiting loop. */
static inline void leat_pause(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb" ::: "memory");
#endif
}

#endif
