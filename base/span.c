/* span.c - memory straight from the system, for one large block or many that come and go together. */
#include "config.h"
#include "base-private.h"

#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>

struct leat_span {
    atomic_size_t holders; /* blocks, and the maker */
    char *memory, *begin;  /* what was mapped, and its first byte in use, at the begin of a huge page */
    size_t mapped, bytes, used;
};

#define HUGE_PAGE ((size_t)2 << 20)

/* Does the system have so many bytes in free huge pages? Where it has not, asking for one makes it move other memory about first,
 * which takes longer than small pages. Lines of buddyinfo: "Node 0, zone Normal" and, for each n, how many free blocks of 2^n
 * small pages there are. Not read by way of file.c: only a wish hangs on it, so a failure is none. */
static bool has_huge_pages(size_t bytes)
{
    FILE *f = fopen("/proc/buddyinfo", "re");
    size_t found = 0;
    if (f == NULL)
        return false;
    while (found < bytes && fscanf(f, " Node %*u, zone %*s") != EOF) {
        unsigned long count;
        for (size_t block = 4096; fscanf(f, "%lu", &count) == 1; block *= 2)
            if (block >= HUGE_PAGE)
                found += count * block;
    }
    fclose(f);
    return found >= bytes;
}

leat_span *leat_span_new(size_t bytes)
{
    if (bytes > PTRDIFF_MAX - HUGE_PAGE)
        return NULL;
    leat_span *s = leat_alloc(sizeof *s);
    if (s == NULL)
        return NULL;
    atomic_init(&s->holders, 1);
    s->bytes = bytes;
    s->used = 0;
    s->mapped = bytes + HUGE_PAGE;
    s->memory =
        mmap(NULL, s->mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (s->memory == MAP_FAILED) {
        leat_free(s);
        return NULL;
    }
    s->begin = s->memory + (-(uintptr_t)s->memory & (HUGE_PAGE - 1));
#ifdef MADV_HUGEPAGE
    if (has_huge_pages(bytes + bytes / 4)) /* what is left over stays small, and so wastes nothing */
        (void)madvise(s->begin, bytes / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
#endif
    return s;
}

void *leat_span_alloc(leat_span *s, size_t bytes)
{
    if (bytes > s->bytes - s->used)
        return NULL;
    void *block = s->begin + s->used;
    s->used += LEAT_MIN(leat_span_room(bytes), s->bytes - s->used);
    atomic_fetch_add_explicit(&s->holders, 1, memory_order_relaxed); /* the caller holds it already */
    return block;
}

void leat_span_drop(leat_span *s)
{
    /* What each thread did with its blocks happens before the memory goes. */
    if (s == NULL || atomic_fetch_sub_explicit(&s->holders, 1, memory_order_acq_rel) != 1)
        return;
    (void)munmap(s->memory, s->mapped);
    leat_free(s);
}
