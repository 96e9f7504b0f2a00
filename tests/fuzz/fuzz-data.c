/* fuzz-data.c - any bytes as a training table and as a train.json: an error or rows, never a crash. The first byte
 * chooses the options. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "tools/data/dataset-private.h"
#include "tools/data/run-info-private.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void read_everything(const char *path, unsigned flags)
{
    leat_data *d, *again;
    leat_batches *b;
    const leat_rows *rows;
    leat_data_options o = {.target = "y",
                           .classes = (flags & 1) != 0,
                           .standardize = (flags & 2) != 0,
                           .validation = flags & 4 ? 0.3 : 0,
                           .shuffle_split = (flags & 8) != 0,
                           .memory = flags & 16};
    if (leat_data_open(&d, path, &o) != LEAT_OK)
        return;
    if (leat_batches_new(&b, d, 7, flags) == LEAT_OK) {
        while (leat_batches_epoch(b) < 2)
            if (leat_batches_next(b, &rows) != LEAT_OK)
                abort();
        leat_batches_free(b);
    }
    if (leat_data_open_with(&again, path, leat_data_schema(d), false, 1) != LEAT_OK)
        abort();
    leat_data_free(again);
    leat_data_free(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size < 1)
        return 0;
    char path[64];
    int fd = memfd_create("fuzz", 0);
    if (fd < 0 || write(fd, bytes + 1, size - 1) != (ssize_t)(size - 1))
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    read_everything(path, bytes[0]);
    leat_run_info r;
    if (leat_run_info_read(&r, path) == LEAT_OK)
        leat_run_info_free(&r);
    close(fd);
    return 0;
}
