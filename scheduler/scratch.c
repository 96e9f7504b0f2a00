#include "config.h"
#include "scratch-private.h"

#define FIRST_BLOCK (64u * 1024)

/* Blocks behind the current one are free: they are left over from before. One that is too small for a request is passed
 * over or, being free, replaced; blocks grow so that there are never many. */
static bool next_block(leat_scratch *s, size_t bytes)
{
    uint32_t next = s->blocks[s->block].data == NULL ? s->block : s->block + 1;
    if (next == LEAT_SCRATCH_BLOCKS)
        return false;
    if (s->blocks[next].size < bytes) {
        size_t size = next == 0 ? FIRST_BLOCK : 2 * s->blocks[next - 1].size;
        size = LEAT_MAX(size, bytes);
        char *data = leat_alloc_aligned(size);
        if (data == NULL)
            return false;
        leat_free_aligned(s->blocks[next].data);
        s->blocks[next].data = data;
        s->blocks[next].size = size;
    }
    s->block = next;
    s->used = 0;
    return true;
}

void *leat_scratch_take(leat_scratch *s, size_t bytes)
{
    if (bytes > SIZE_MAX / 4) {
        leat_fail_memory(bytes);
        return NULL;
    }
    bytes = (bytes + LEAT_ALIGNMENT - 1) / LEAT_ALIGNMENT * LEAT_ALIGNMENT;
    if (s->blocks[s->block].size - s->used < bytes || s->blocks[s->block].data == NULL)
        if (!next_block(s, bytes)) {
            leat_fail_memory(bytes);
            return NULL;
        }
    void *p = s->blocks[s->block].data + s->used;
    s->used += bytes;
    return p;
}

void leat_scratch_free(leat_scratch *s)
{
    for (uint32_t i = 0; i < LEAT_SCRATCH_BLOCKS; i++)
        leat_free_aligned(s->blocks[i].data);
    *s = (leat_scratch){0};
}
