#include "config.h"
#include "base-private.h"
#include "fault-private.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Relaxed: a statistic for tests, which read it while no other thread allocates. */
static _Atomic uint64_t live;

uint64_t leat_live_allocations(void)
{
    return atomic_load_explicit(&live, memory_order_relaxed);
}

static void *counted(void *pointer)
{
    if (pointer != NULL)
        atomic_fetch_add_explicit(&live, 1, memory_order_relaxed);
    return pointer;
}

/* No object is larger: a request beyond it comes from a computation gone wrong, and is not passed on. */
#define LARGEST ((size_t)PTRDIFF_MAX)

void *leat_alloc(size_t bytes)
{
    if (bytes > LARGEST || leat_fault_check(LEAT_FAULT_ALLOC) != 0)
        return NULL;
    return counted(malloc(bytes > 0 ? bytes : 1));
}

void *leat_alloc_zero(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > LARGEST ||
        leat_fault_check(LEAT_FAULT_ALLOC) != 0)
        return NULL;
    return counted(count > 0 && size > 0 ? calloc(count, size) : calloc(1, 1));
}

void *leat_realloc(void *old, size_t bytes)
{
    if (old == NULL)
        return leat_alloc(bytes);
    if (bytes > LARGEST || leat_fault_check(LEAT_FAULT_ALLOC) != 0)
        return NULL;
    return realloc(old, bytes > 0 ? bytes : 1);
}

void *leat_realloc_array(void *old, size_t count, size_t size)
{
    size_t bytes;
    return __builtin_mul_overflow(count, size, &bytes) ? NULL : leat_realloc(old, bytes);
}

void leat_free(void *pointer)
{
    if (pointer == NULL)
        return;
    atomic_fetch_sub_explicit(&live, 1, memory_order_relaxed);
    free(pointer);
}

void leat_free_bytes(void *bytes)
{
    leat_free(bytes);
}

char *leat_strndup(const char *text, size_t bytes)
{
    size_t n = strnlen(text, bytes);
    char *copy = leat_alloc(n + 1);
    if (copy == NULL)
        return NULL;
    memcpy(copy, text, n);
    copy[n] = '\0';
    return copy;
}

char *leat_strdup(const char *text)
{
    return leat_strndup(text, strlen(text));
}

char *leat_asprintf(const char *format, ...)
{
    leat_buf b = {0};
    va_list args;
    va_start(args, format);
    leat_buf_vprintf(&b, format, args);
    va_end(args);
    if (b.failed)
        leat_buf_free(&b);
    return b.data;
}

void *leat_alloc_aligned(size_t bytes)
{
    size_t rounded;
    if (__builtin_add_overflow(bytes, LEAT_ALIGNMENT - 1, &rounded) || rounded > LARGEST ||
        leat_fault_check(LEAT_FAULT_ALLOC) != 0)
        return NULL;
    rounded &= ~(size_t)(LEAT_ALIGNMENT - 1);
    return counted(aligned_alloc(LEAT_ALIGNMENT, rounded > 0 ? rounded : LEAT_ALIGNMENT));
}

void leat_free_aligned(void *pointer)
{
    leat_free(pointer);
}

leat_status leat_grow(void *array_pointer, size_t *capacity, size_t need, size_t size)
{
    if (need <= *capacity)
        return LEAT_OK;
    size_t wanted = LEAT_MAX(need, *capacity < SIZE_MAX / 2 ? 2 * *capacity : need);
    wanted = LEAT_MAX(wanted, (size_t)8);
    void *old;
    memcpy(&old, array_pointer, sizeof old);
    void *grown = leat_realloc_array(old, wanted, size);
    if (grown == NULL)
        return leat_fail_memory(wanted <= SIZE_MAX / size ? wanted * size : SIZE_MAX);
    memcpy(array_pointer, &grown, sizeof grown);
    *capacity = wanted;
    return LEAT_OK;
}

/* ---- arena ---- */

#define ARENA_FIRST ((size_t)256)
#define ARENA_USUAL ((size_t)4096)
#define ARENA_LARGEST ((size_t)8 << 20)

struct leat_arena_block {
    struct leat_arena_block *previous;
    size_t capacity;
    _Alignas(16) char data[];
};

/* Blocks are as large as all before them up to a usual size (there may be 100,000 small arenas), then a quarter of the
 * total so far: few of them, and little memory beyond what is used. A request
 * that does not fit such a block gets one of its own behind the last, whose rest stays in use. */
static void *arena_new_block(leat_arena *a, size_t bytes)
{
    size_t usual = LEAT_MAX(a->total / 4, LEAT_MIN(LEAT_MAX(a->total, ARENA_FIRST), ARENA_USUAL));
    usual = LEAT_MIN(usual, ARENA_LARGEST) - sizeof(struct leat_arena_block);
    size_t capacity = LEAT_MAX(usual, bytes);
    if (capacity > SIZE_MAX - sizeof(struct leat_arena_block))
        return NULL;
    struct leat_arena_block *block = leat_alloc(sizeof *block + capacity);
    if (block == NULL)
        return NULL;
    block->capacity = capacity;
    a->total += sizeof *block + capacity;
    if (a->last != NULL && bytes > usual) {
        block->previous = a->last->previous;
        a->last->previous = block;
        return block->data;
    }
    block->previous = a->last;
    a->last = block;
    a->used = bytes;
    return block->data;
}

void *leat_arena_alloc(leat_arena *a, size_t bytes)
{
    if (bytes > SIZE_MAX - 7)
        return NULL;
    bytes = (bytes + 7) & ~(size_t)7;
    if (a->last == NULL || bytes > a->last->capacity - a->used)
        return arena_new_block(a, bytes);
    void *place = a->last->data + a->used;
    a->used += bytes;
    return place;
}

void *leat_arena_zero(leat_arena *a, size_t bytes)
{
    void *place = leat_arena_alloc(a, bytes);
    return place != NULL ? memset(place, 0, bytes) : NULL;
}

char *leat_arena_strndup(leat_arena *a, const char *text, size_t n)
{
    char *copy = n < SIZE_MAX ? leat_arena_alloc(a, n + 1) : NULL;
    if (copy == NULL)
        return NULL;
    if (n > 0)
        memcpy(copy, text, n);
    copy[n] = '\0';
    return copy;
}

void leat_arena_free(leat_arena *a)
{
    struct leat_arena_block *block = a->last;
    while (block != NULL) {
        struct leat_arena_block *previous = block->previous;
        leat_free(block);
        block = previous;
    }
    *a = (leat_arena){0};
}
