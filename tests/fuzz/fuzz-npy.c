/* fuzz-npy.c - any bytes as a .npy file: an error, or values that come back the same when they are written. */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "engine/files/npy-private.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check(bool good)
{
    if (!good)
        abort();
}

static void check_strings(leat_npy *n, const char *again)
{
    leat_arena arena = {0};
    leat_bytes *strings = calloc((size_t)n->elements + 1, sizeof *strings),
               *back = calloc((size_t)n->elements + 1, sizeof *back);
    leat_npy m;
    if (leat_npy_read_strings(n, strings, &arena) == LEAT_OK) {
        check(leat_npy_write_strings(again, n->rank, n->dims, strings) == LEAT_OK);
        check(leat_npy_open(&m, again) == LEAT_OK && m.elements == n->elements);
        check(leat_npy_read_strings(&m, back, &arena) == LEAT_OK);
        for (int64_t i = 0; i < n->elements; i++)
            check(strings[i].size == back[i].size &&
                  memcmp(strings[i].data, back[i].data, back[i].size) == 0);
        leat_npy_close(&m);
    }
    leat_arena_free(&arena);
    free(strings);
    free(back);
}

static void check_numbers(leat_npy *n, const char *again)
{
    size_t bytes = (size_t)n->elements * n->item_size;
    char *values = malloc(bytes + 1), *back = malloc(bytes + 1);
    leat_npy m;
    check(leat_npy_read(n, values) == LEAT_OK);
    check(leat_npy_write(again, n->dtype, n->rank, n->dims, values) == LEAT_OK);
    check(leat_npy_open(&m, again) == LEAT_OK && m.elements == n->elements && m.dtype == n->dtype);
    check(leat_npy_read(&m, back) == LEAT_OK && memcmp(values, back, bytes) == 0);
    check(leat_npy_read_part(&m, m.elements / 2, m.elements - m.elements / 2, back) == LEAT_OK);
    check(memcmp(values + (size_t)(m.elements / 2) * m.item_size, back,
                 (size_t)(m.elements - m.elements / 2) * m.item_size) == 0);
    leat_npy_close(&m);
    free(values);
    free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char path[64], again[64];
    int fd = memfd_create("fuzz", 0);
    check(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    snprintf(again, sizeof again, "/dev/shm/leat-fuzz-%ld.npy", (long)getpid());
    leat_npy n;
    if (leat_npy_open(&n, path) == LEAT_OK) {
        if (n.dtype == LEAT_DATA_TYPE_STRING)
            check_strings(&n, again);
        else
            check_numbers(&n, again);
        unlink(again);
    } else {
        check(leat_message()[0] != 0);
    }
    leat_npy_close(&n);
    close(fd);
    return 0;
}
