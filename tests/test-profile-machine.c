/* Profiles: what the machine is said to be able to do. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "check.h"
#include "base/base-private.h"
#include "leat.h"

#if defined(__x86_64__)
/* An addition takes a cycle, whatever the processor: so many additions in a chain tell its clock. */
static double cycles_per_second(void)
{
    enum { ROUNDS = 20, STEPS = 100000 };
    double fastest = INFINITY;
    for (int r = 0; r < ROUNDS; r++) {
        uint64_t x = 0;
        double begin = leat_now();
        for (int i = 0; i < STEPS / 10; i++)
            __asm__ volatile("add %1, %0\n add %1, %0\n add %1, %0\n add %1, %0\n add %1, %0\n"
                             "add %1, %0\n add %1, %0\n add %1, %0\n add %1, %0\n add %1, %0"
                             : "+r"(x)
                             : "r"((uint64_t)r));
        fastest = fmin(fastest, leat_now() - begin);
    }
    return STEPS / fastest;
}

/* No core does more than two multiply-adds of vectors in a cycle. */
LEAT_TEST(a_machine_measures_no_more_than_there_is)
{
    leat_machine m;
    REQUIRE_OK(leat_machine_measure(&m, 1));
    double lanes = strstr(m.how, "AVX-512") ? 16 : strstr(m.how, "AVX2") ? 8 : 4;
    double most = 2 * 2 * lanes * cycles_per_second();
    CHECK(m.threads == 1 && m.bytes > 1e8);
    if (!CHECK(m.flops > 0 && m.flops < 1.1 * most))
        printf("%g FLOP/s of %g\n", m.flops, most);
}
#endif
