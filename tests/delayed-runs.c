#include "delayed-runs.h"
#include <sched.h>

static void delay(void *arg, uint32_t node, uint32_t worker)
{
    uint64_t *state = arg; /* a race by intention would be one: each worker has its own */
    uint64_t r = state[worker % 8] =
        (state[worker % 8] + node + 1) * 6364136223846793005u + 1442695040888963407u;
    if (r >> 61 == 0)
        sched_yield();
    for (volatile unsigned i = 0; i < (r >> 33) % 400; i++)
        continue;
}

leat_status delayed_run(leat_session *s, int threads, const leat_signature *signature,
                        leat_tensor *const *feeds, leat_tensor **fetches)
{
    uint64_t state[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    leat_run_hooks hooks = {.mode = threads > 1 ? 2 : 1, .before_node = delay, .arg = state};
    leat_prepared *prepared = NULL;
    leat_status status = leat_session_plan(s, signature, &prepared);
    return status != LEAT_OK ? status
                             : leat_session_execute_hooked(s, prepared, NULL, &hooks, feeds, fetches);
}
