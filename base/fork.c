#include "config.h"
#include "base-private.h"

#include <sys/mman.h>
#include <unistd.h>

leat_fork_mark leat_fork_mark_new(void)
{
    leat_fork_mark mark = {.process = getpid()};
#ifdef MADV_WIPEONFORK
    size_t size = (size_t)sysconf(_SC_PAGESIZE);
    char *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return mark;
    if (madvise(page, size, MADV_WIPEONFORK) == 0) {
        *page = 1;
        mark.page = page;
    } else {
        (void)munmap(page, size);
    }
#endif
    return mark;
}

void leat_fork_mark_free(leat_fork_mark *mark)
{
    if (mark->page != NULL)
        (void)munmap((void *)(uintptr_t)mark->page, (size_t)sysconf(_SC_PAGESIZE));
    mark->page = NULL;
}

bool leat_is_forked(const leat_fork_mark *mark)
{
    return mark->page != NULL ? *mark->page == 0 : getpid() != mark->process;
}
