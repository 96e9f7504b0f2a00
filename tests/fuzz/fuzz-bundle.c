/* fuzz-bundle.c - any bytes as a checkpoint: an error for it or for its tensors, or values. The input is the size of
 * the data file (two bytes), the data file, the index. Mutations get right checksums, those of the tensors too, three
 * times out of four. */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "engine/files/checkpoint-private.h"
#include "table-repair.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t most, unsigned seed);

static size_t data_size_of(const uint8_t *bytes, size_t size)
{
    size_t n = size < 2 ? 0 : (size_t)bytes[0] | (size_t)bytes[1] << 8;
    return size < 2 ? 0 : LEAT_MIN(n, size - 2);
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t most, unsigned seed)
{
    size_t n = data_size_of(bytes, size);
    if (seed % 3 == 0 || size < 2 + n + 64) {
        size = LLVMFuzzerMutate(bytes, size, most);
        n = data_size_of(bytes, size);
    } else { /* the index alone */
        size = 2 + n + LLVMFuzzerMutate(bytes + 2 + n, size - 2 - n, most - 2 - n);
    }
    if (seed % 4 != 0 && size > 2)
        table_repair(bytes + 2 + n, size - 2 - n, bytes + 2, n);
    return size;
}

static void check(bool good)
{
    if (!good)
        abort();
}

static void write_file(const char *path, const uint8_t *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    check(f != NULL && fwrite(bytes, 1, n, f) == n);
    fclose(f);
}

/* A part of a tensor must be what stands there in the whole. */
static void read_parts(leat_bundle *b, const leat_bundle_entry *e)
{
    size_t item = e->type->size, bytes = (size_t)e->elements * item;
    if (item == 0 || bytes == 0)
        return;
    char *whole = malloc(bytes), *part = malloc(bytes);
    check(whole != NULL && part != NULL);
    if (leat_bundle_read(b, e, NULL, whole, bytes) == LEAT_OK && e->meta.rank > 0) {
        leat_bundle_extent region[LEAT_BUNDLE_RANK];
        for (int i = 0; i < e->meta.rank; i++)
            region[i] = (leat_bundle_extent){0, -1};
        region[0] = (leat_bundle_extent){e->meta.dims[0] - 1, 1};
        size_t row = bytes / (size_t)e->meta.dims[0];
        check(leat_bundle_read(b, e, region, part, row) == LEAT_OK);
        check(memcmp(part, whole + bytes - row, row) == 0);
    }
    free(whole);
    free(part);
}

static void read_all(const char *prefix)
{
    leat_bundle *b;
    leat_bundle_entry e = {0}, found = {0};
    if (leat_bundle_open(&b, prefix) != LEAT_OK)
        return;
    leat_status status = leat_bundle_first(b, &e);
    while (status == LEAT_OK && e.valid) {
        check(leat_bundle_find(b, e.name, e.name_size, &found) == e.status);
        if (e.status == LEAT_OK)
            read_parts(b, &e);
        status = leat_bundle_next(b, &e);
    }
    leat_bundle_entry_free(&e);
    leat_bundle_entry_free(&found);
    leat_bundle_close(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static char dir[64], data[100], index[100], prefix[80];
    if (dir[0] == 0) {
        strcpy(dir, "/dev/shm/leat-fuzz-XXXXXX");
        check(mkdtemp(dir) != NULL);
        snprintf(prefix, sizeof prefix, "%s/m", dir);
        snprintf(data, sizeof data, "%s.data-00000-of-00001", prefix);
        snprintf(index, sizeof index, "%s.index", prefix);
    }
    if (size < 2)
        return 0;
    size_t n = data_size_of(bytes, size);
    write_file(data, bytes + 2, n);
    write_file(index, bytes + 2 + n, size - 2 - n);
    leat_buf text = {0};
    leat_listing_count count;
    leat_status status =
        leat_checkpoint_list(prefix, &(leat_listing){.json = true, .verify = true}, &text, &count);
    check(status == LEAT_OK || leat_message()[0] != 0);
    leat_buf_free(&text);
    read_all(prefix);
    return 0;
}
