/* tilejob.c - the tile descriptor.
 *
 * A claimed tile is run exactly once, with its own job's fields. A claim is a successful change of `next` from (g, i) to
 * (g, i + 1) with i < n of job g. The owner adds without looking (only it can start job g + 1, so g stands), helpers
 * by CAS. next only grows: tiles, closed, next generation; so (g, i) stands there once and one thread changes it.
 *
 * A helper reads next = (g, i), then the fields, then does the CAS. The fields it read may be a later job's. Every
 * field is written after next was closed, by a release store, and read by acquire: if a helper read one that belongs
 * to a later job, the closing of g happens before its CAS, which then finds another value and fails. If it read
 * earlier ones: it read (g, i) by acquire, which happened after job g's fields were written. So a successful CAS means
 * that all fields were job g's. A generation has 32 bits: they come round after 2^32 jobs of one worker during one
 * helper's claim, four thousand seconds of a microsecond each, and then the tile must agree too.
 *
 * The owner waits for helpers by `helped`: a helper adds one by release after its tile, the owner reads by acquire, so
 * what tiles wrote is visible to the owner, and the next job's reset of `helped` comes after all additions. It waits
 * only for tiles that somebody claimed, and such a one is being run. */
#include <stdbool.h>
#include "tiles-private.h"

void leat_tile_job_init(leat_tile_job *j)
{
    atomic_init(&j->next, LEAT_TILE_CLOSED);
    atomic_init(&j->n, 0);
    atomic_init(&j->node, 0);
    atomic_init(&j->fn, 0);
    atomic_init(&j->arg, 0);
    atomic_init(&j->first, 0);
    atomic_init(&j->helped, 0);
}

void leat_tile_job_open(leat_tile_job *j, uint32_t n, uint64_t fn, uint64_t arg, uint64_t first,
                        uint32_t node)
{
    uint64_t generation = (LEAT_LOAD(&j->next, relaxed) >> 32) + 1;
    LEAT_STORE(&j->helped, 0, relaxed);
    LEAT_STORE(&j->n, n, release);
    LEAT_STORE(&j->fn, fn, release);
    LEAT_STORE(&j->arg, arg, release);
    LEAT_STORE(&j->first, first, release);
    LEAT_STORE(&j->node, node, release);
    LEAT_STORE(&j->next, generation << 32, release);
}

uint32_t leat_tile_job_next(leat_tile_job *j, uint32_t n)
{
    /* Adding beyond n is harmless, and happens once a job. */
    uint32_t tile = (uint32_t)LEAT_FETCH_ADD(&j->next, 1, relaxed);
    return tile < n ? tile : LEAT_NO_TILE;
}

bool leat_tile_job_finished(leat_tile_job *j, uint32_t n, uint32_t own)
{
    return LEAT_LOAD(&j->helped, acquire) == n - own;
}

void leat_tile_job_close(leat_tile_job *j)
{
    LEAT_STORE(&j->next, LEAT_LOAD(&j->next, relaxed) | LEAT_TILE_CLOSED, relaxed);
}

bool leat_tile_job_claim(leat_tile_job *j, leat_tile_claim *claim)
{
    uint64_t next = LEAT_LOAD(&j->next, acquire);
    for (;;) {
        uint32_t tile = (uint32_t)next, n = LEAT_LOAD(&j->n, acquire);
        if (tile >= n)
            return false;
        claim->fn = LEAT_LOAD(&j->fn, acquire);
        claim->arg = LEAT_LOAD(&j->arg, acquire);
        claim->first = LEAT_LOAD(&j->first, acquire);
        claim->node = LEAT_LOAD(&j->node, acquire);
        claim->tile = tile;
        if (LEAT_CAS(&j->next, &next, next + 1, acq_rel, acquire))
            return true;
    }
}

void leat_tile_job_done(leat_tile_job *j)
{
    LEAT_FETCH_ADD(&j->helped, 1, release);
}

bool leat_tile_job_is_open(leat_tile_job *j)
{
    return (uint32_t)LEAT_LOAD(&j->next, relaxed) < LEAT_LOAD(&j->n, relaxed);
}
