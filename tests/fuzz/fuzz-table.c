/* fuzz-table.c - any bytes as a sorted table: an error, or keys in order, each of which a search finds. Mutations get
 * right checksums, three times out of four. */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "engine/files/table-private.h"
#include "table-repair.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t most, unsigned seed);

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t most, unsigned seed)
{
    size = LLVMFuzzerMutate(bytes, size, most);
    if (seed % 4 != 0)
        table_repair(bytes, size, NULL, 0);
    return size;
}

static void check(bool good)
{
    if (!good)
        abort();
}

static void walk(leat_table *t)
{
    leat_table_cursor at = {0}, found = {0};
    leat_buf last = {0};
    leat_status status = leat_table_seek(t, &at, "", 0);
    for (size_t n = 0; status == LEAT_OK && at.valid; n++) {
        check(n == 0 || leat_table_compare(last.data, last.size, at.key.data, at.key.size) < 0);
        check(leat_table_seek(t, &found, at.key.data, at.key.size) == LEAT_OK && found.valid);
        check(leat_table_compare(found.key.data, found.key.size, at.key.data, at.key.size) == 0);
        check(found.value.size == at.value.size && found.offset == at.offset);
        leat_buf_clear(&last);
        leat_buf_append(&last, at.key.data, at.key.size);
        status = leat_table_next(t, &at);
    }
    leat_buf_free(&last);
    leat_table_cursor_free(&at);
    leat_table_cursor_free(&found);
    status = leat_table_verify_rest(t);
    check(status == LEAT_OK || leat_message()[0] != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char path[64];
    int fd = memfd_create("fuzz", 0);
    check(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    leat_table *t;
    if (leat_table_open(&t, path) == LEAT_OK) {
        walk(t);
        leat_table_close(t);
    }
    close(fd);
    return 0;
}
