/* scratch-private.h - a stack of temporary memory for kernels: blocks are kept, so that a hot loop allocates nothing. */
#ifndef LEAT_SCRATCH_PRIVATE_H
#define LEAT_SCRATCH_PRIVATE_H

#include "base/base-private.h"

#define LEAT_SCRATCH_BLOCKS 40 /* each at least as big as all before it together */

/* Starts as all zero. One thread. */
typedef struct leat_scratch {
    struct {
        char *data;
        size_t size;
    } blocks[LEAT_SCRATCH_BLOCKS];
    uint32_t block; /* the one in use */
    size_t used;    /* of it */
} leat_scratch;

typedef struct leat_scratch_mark {
    uint32_t block;
    size_t used;
} leat_scratch_mark;

/* 64-byte aligned, undefined content, until the stack is released to a mark taken before. NULL: out of memory. */
void *leat_scratch_take(leat_scratch *s, size_t bytes);

static inline leat_scratch_mark leat_scratch_here(const leat_scratch *s)
{
    return (leat_scratch_mark){s->block, s->used};
}
static inline void leat_scratch_release(leat_scratch *s, leat_scratch_mark mark)
{
    s->block = mark.block;
    s->used = mark.used;
}
void leat_scratch_free(leat_scratch *s); /* back to all zero */

#endif
