/* bench-checkpoint.c - saving and restoring a checkpoint, in bytes a second, beside what the disk and the page cache
 * give: `dd conv=fsync` of the same size in the same directory, and a `cat` of the cached files.
 *
 *     bench-checkpoint DIR [MEBIBYTES [TENSORS]]
 *
 * Prints the best of six rounds of each: seconds, MB/s, ratio to the plain tool. */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "engine/files/bundle-private.h"

enum { ROUNDS = 6 };

static leat_status save(const char *to, const char *data, int64_t tensors, int64_t floats)
{
    leat_bundle_writer *w;
    LEAT_TRY(leat_bundle_writer_open(&w, to, NULL));
    for (int64_t i = 0; i < tensors; i++) {
        char name[32];
        snprintf(name, sizeof name, "tensor_%05lld", (long long)i);
        leat_status status = leat_bundle_writer_add(w, &(leat_bundle_tensor){.name = name,
                                                                             .dtype = LEAT_DATA_TYPE_FLOAT,
                                                                             .rank = 1,
                                                                             .dims = &floats,
                                                                             .data = data + i * floats * 4});
        if (status != LEAT_OK)
            break; /* the commit says it */
    }
    return leat_bundle_writer_commit(w);
}

static leat_status restore(const char *from, char *data, int64_t tensors, int64_t floats)
{
    leat_bundle *b;
    leat_bundle_entry e = {0};
    LEAT_TRY(leat_bundle_open(&b, from));
    leat_status status = leat_bundle_first(b, &e);
    for (int64_t i = 0; i < tensors && status == LEAT_OK; i++) {
        status = leat_bundle_read(b, &e, NULL, data + i * floats * 4, (size_t)floats * 4);
        if (status == LEAT_OK)
            status = leat_bundle_next(b, &e);
    }
    leat_bundle_entry_free(&e);
    leat_bundle_close(b);
    return status;
}

/* Seconds that a command takes. */
static double shell(const char *command)
{
    double start = leat_now();
    if (system(command) != 0)
        fprintf(stderr, "bench-checkpoint: failed: %s\n", command);
    return leat_now() - start;
}

static void report(const char *name, double seconds, double bytes, double plain)
{
    printf("%-16s %8.3f s %9.1f MB/s", name, seconds, bytes / seconds / 1e6);
    if (plain > 0)
        printf("   %.2f of plain", plain / seconds);
    putchar('\n');
}

int main(int argc, char **argv)
{
    long long mebibytes = argc > 2 ? atoll(argv[2]) : 512;
    int64_t tensors = argc > 3 ? atoll(argv[3]) : 20, floats = mebibytes * 262144 / tensors;
    if (argc < 2 || floats <= 0) {
        fputs("usage: bench-checkpoint DIR [MEBIBYTES [TENSORS]]\n", stderr);
        return 2;
    }
    const char *dir = argv[1];
    char prefix[4200];
    size_t bytes = (size_t)(tensors * floats) * 4;
    char *data = leat_alloc_aligned(bytes), *back = leat_alloc_aligned(bytes);
    if (data == NULL || back == NULL)
        return 3;
    for (size_t i = 0; i < bytes; i += 8) {
        uint64_t value = i * 0x9e3779b97f4a7c15u;
        memcpy(data + i, &value, LEAT_MIN(sizeof value, bytes - i));
    }
    memset(back, 0, bytes);
    char dd[9000], cat[9000], clean[9000];
    snprintf(dd, sizeof dd, "dd if=/dev/zero of='%s/bench-dd' bs=1M count=%lld conv=fsync status=none", dir,
             mebibytes);
    snprintf(cat, sizeof cat, "cat '%s/bench-dd' > /dev/null", dir);
    snprintf(clean, sizeof clean, "rm -f '%s'/bench-dd '%s'/bench.*", dir, dir);
    snprintf(prefix, sizeof prefix, "%s/bench", dir);
    double best[4] = {1e9, 1e9, 1e9, 1e9}; /* of the rounds, in turn: other load hits all four alike */
    for (int round = 0; round < ROUNDS; round++) {
        best[0] = LEAT_MIN(best[0], shell(dd));
        double start = leat_now();
        leat_must(save(prefix, data, tensors, floats));
        best[1] = LEAT_MIN(best[1], leat_now() - start);
        best[2] = LEAT_MIN(best[2], shell(cat));
        start = leat_now();
        leat_must(restore(prefix, back, tensors, floats));
        best[3] = LEAT_MIN(best[3], leat_now() - start);
        if (memcmp(data, back, bytes) != 0) {
            fputs("bench-checkpoint: what was restored differs\n", stderr);
            return 1;
        }
        shell(clean);
    }
    report("dd conv=fsync", best[0], (double)bytes, 0);
    report("save", best[1], (double)bytes, best[0]);
    report("cat (cached)", best[2], (double)bytes, 0);
    report("restore", best[3], (double)bytes, best[2]);
    leat_free_aligned(data);
    leat_free_aligned(back);
    return 0;
}
