/* vector.c - chooses the instruction set of the inner loops. */
#include "config.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "ops/vector-private.h"

static const leat_vector *choose(void)
{
#ifdef LEAT_X86_VECTORS
    const char *cap = getenv("LEAT_ISA");
    bool base = cap != NULL && strcmp(cap, "base") == 0, avx2 = cap != NULL && strcmp(cap, "avx2") == 0;
    if (!base && !avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return &leat_vector_avx512;
    if (!base && __builtin_cpu_supports("avx2"))
        return &leat_vector_avx2;
#endif
    return &leat_vector_base;
}

const leat_vector *leat_vector_get(void)
{
    /* A fact of the machine: every thread would find the same. */
    static const leat_vector *_Atomic chosen;
    const leat_vector *v = atomic_load_explicit(&chosen, memory_order_acquire);
    if (v == NULL) {
        v = choose();
        atomic_store_explicit(&chosen, v, memory_order_release);
    }
    return v;
}
