/* tiles-private.h - one node's tiles, claimed by its owner and by idle workers. One job after another per descriptor. */
#ifndef LEAT_TILES_PRIVATE_H
#define LEAT_TILES_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>
#include "atomic-private.h"

#define LEAT_TILES_MAX (1u << 20) /* of one job; more are several jobs */
#define LEAT_NO_TILE UINT32_MAX

typedef struct leat_tile_job {
    /* Generation << 32 | the next tile to claim; LEAT_TILE_CLOSED as the tile: between jobs. */
    _Alignas(LEAT_APART) _Atomic uint64_t next;
    _Atomic uint32_t n;
    _Atomic uint32_t node;                        /* for profiles */
    _Atomic uint64_t fn, arg;                     /* leat_tile_fn *, void * */
    _Atomic uint64_t first;                       /* what to add to a claimed tile */
    _Alignas(LEAT_APART) _Atomic uint32_t helped; /* tiles that helpers have finished */
} leat_tile_job;

#define LEAT_TILE_CLOSED UINT32_MAX

/* What a helper needs of the job it claimed a tile of. */
typedef struct leat_tile_claim {
    uint64_t fn, arg, first;
    uint32_t tile, node;
} leat_tile_claim;

void leat_tile_job_init(leat_tile_job *j);

/* Owner: opens a job of n tiles, 1 <= n <= LEAT_TILES_MAX. All earlier ones are closed. */
void leat_tile_job_open(leat_tile_job *j, uint32_t n, uint64_t fn, uint64_t arg, uint64_t first,
                        uint32_t node);
/* Owner: the next tile for itself, or LEAT_NO_TILE when all are claimed. */
uint32_t leat_tile_job_next(leat_tile_job *j, uint32_t n);
/* Owner, after LEAT_NO_TILE, having run `own` tiles itself: whether helpers have finished the others. */
bool leat_tile_job_finished(leat_tile_job *j, uint32_t n, uint32_t own);
/* Owner, once finished: no helper looks at the fields any more. */
void leat_tile_job_close(leat_tile_job *j);

/* Helper: claims a tile; false if there is none. Then runs it, and calls leat_tile_job_done. */
bool leat_tile_job_claim(leat_tile_job *j, leat_tile_claim *claim);
void leat_tile_job_done(leat_tile_job *j);
/* Any thread: a guess whether there is a tile to claim. */
bool leat_tile_job_is_open(leat_tile_job *j);

#endif
